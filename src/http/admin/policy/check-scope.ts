/** The keys that a policy routes alone, by id: one that its team does not have would leave every call unrouted. */
import type { PolicyJson } from '../../../core/routing/policy.ts'
import { knownKeyIds } from '../../../store/directory.ts'
import type { PolicyProblem } from './policy-problems.ts'

/** @returns what is wrong with them; empty: nothing */
export async function scopeProblems(
  db: D1Database,
  teamId: string,
  { scope }: Pick<PolicyJson, 'scope'>,
): Promise<PolicyProblem[]> {
  const ids = scope?.keys ?? []
  const known = ids.length === 0 ? new Set() : await knownKeyIds(db, teamId, ids)
  return ids.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `scope.keys.${index}`, message: `"${id}" is the id of no key of this team` }],
  )
}
