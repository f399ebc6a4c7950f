/**
 * The decision among targets that speak the client's own dialect; where none of them suffices, or the policy wants it so,
 * among all that the request can be translated for.
 */
import type { DialectName } from '../dialects/dialect.ts'
import { decideRoute, type RouteDecision, type RouteInput } from './decide-route.ts'

/** `tellable`: the dialects that the request can be told in, its own among them; asked only where it matters. */
export function decideSpoken(input: RouteInput, tellable: () => readonly DialectName[]): RouteDecision {
  const { translation } = input.policy
  const own = decideRoute(input)
  if (own.refusal === 'unknown_model' || translation === 'never') return own
  if (translation === 'when-needed' && suffices(own)) return own
  const dialects = tellable()
  if (dialects.every((name) => input.request.dialects.includes(name))) return own
  const wider = decideRoute({ ...input, request: { ...input.request, dialects } })
  const better = translation === 'always' || own.target === null || wider.tier > own.tier
  return wider.target !== null && better ? wider : own
}

/** Some target of the tier that the work asks for, or of a higher one, under the ceiling. */
function suffices({ target, tier, floor, ceiling }: RouteDecision): boolean {
  return target !== null && tier >= Math.min(floor, ceiling)
}
