/** A route with a sample filled in, as a request. */
import type { AdminRoute } from '../../../src/http/admin/define-route.ts'
import { ask, type Answer, type Asking, type TeamOfTest } from './asking.ts'
import { SAMPLES, type Sample } from './samples.ts'

export async function sampleOf(route: AdminRoute, team: TeamOfTest): Promise<Sample> {
  const sample = SAMPLES[route.name]
  if (sample === undefined) throw new Error(`The route "${route.name}" has no sample in test/workers/admin/samples.ts.`)
  return sample(team)
}

export function pathOf(route: AdminRoute, teamId: string, { params = {}, query = {} }: Sample): string {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(name === 'teamId' ? teamId : (params[name] ?? 'nothing')),
  )
  const search = new URLSearchParams(query).toString()
  return `/admin/v1${path}${search === '' ? '' : `?${search}`}`
}

export function askRoute(
  route: AdminRoute,
  { teamId, sample, ...asking }: { readonly teamId: string; readonly sample: Sample } & Asking,
): Promise<Answer> {
  return ask(route.method, pathOf(route, teamId, sample), {
    ...(sample.body === undefined ? {} : { body: sample.body }),
    ...asking,
  })
}
