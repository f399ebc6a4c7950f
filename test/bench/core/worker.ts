/** Repeats one piece of a request's work inside workerd, whose clock stands still meanwhile: the time is taken outside. */
import { bodyText } from '../../../src/gateway/body-text.ts'
import { requestWork } from './request-work.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const work = requestWork(bodyText(new Uint8Array(await request.arrayBuffer())))
    const name = searchParams.get('work')
    if (name === null) return Response.json(Object.keys(work))
    const one = work[name] ?? (() => undefined)
    for (let left = Number(searchParams.get('count')); left > 0; left--) one()
    return new Response('done')
  },
}
