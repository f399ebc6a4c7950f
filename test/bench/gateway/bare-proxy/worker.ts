/** The least a gateway on this runtime can be: one route on Hono, the provider's key swapped in, bodies streamed. */
import { Hono } from 'hono'

const app = new Hono<{ Bindings: { UPSTREAM: string } }>()

app.post('/v1/*', async (context) => {
  const headers = new Headers(context.req.raw.headers)
  headers.delete('host')
  headers.delete('authorization')
  headers.set('x-api-key', 'provider-key')
  const { pathname, search } = new URL(context.req.url)
  const { body } = context.req.raw
  const answer = await fetch(context.env.UPSTREAM + pathname + search, { method: 'POST', headers, body })
  return new Response(answer.body, answer)
})

export default app
