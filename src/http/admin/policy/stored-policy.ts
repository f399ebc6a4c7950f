/** Reads and stores a team's policy: the ledger has the newest, the directory the history. */
import { DEFAULT_POLICY_JSON } from '../../../core/routing/policy.ts'
import { findPolicyVersion, policyVersionInsert } from '../../../store/policy-versions.ts'
import { Problem } from '../../problem.ts'
import type { AdminCall } from '../define-route.ts'
import type { TeamRow } from '../../../store/directory.ts'

export type PolicyDocument = Readonly<Record<string, unknown>>

interface Versioned {
  readonly version: number
  readonly policy: PolicyDocument
}

type TeamCall = Pick<AdminCall<unknown, unknown, unknown, TeamRow>, 'team' | 'composition' | 'db'>

/** Version 0 is the shipped default. */
export async function currentPolicy({ team, composition }: Pick<TeamCall, 'team' | 'composition'>): Promise<Versioned> {
  const stored = await composition.ledger(team.id).policy()
  if (stored === null) return { version: 0, policy: DEFAULT_POLICY_JSON }
  return { version: stored.version, policy: JSON.parse(stored.json) as PolicyDocument }
}

/**
 * A version by its number. The newest is asked of the ledger, since its line in the history may be missing.
 * @throws Problem 404
 */
export async function policyOfVersion(call: TeamCall, version: number): Promise<Versioned> {
  const current = await currentPolicy(call)
  if (version === current.version) return current
  if (version === 0) return { version, policy: DEFAULT_POLICY_JSON }
  const found = await findPolicyVersion(call.db, call.team.id, version)
  if (found === null) throw new Problem(404, 'Not found', `This team has no policy of version ${version}.`)
  return { version, policy: JSON.parse(found.json) as PolicyDocument }
}

/**
 * Stores a checked policy as the next version.
 *
 * @param expected the version it was written over; null: whatever is there now
 * @throws Problem 409 where another one was stored meanwhile
 */
export async function storePolicy(
  call: AdminCall<unknown, unknown, unknown, TeamRow>,
  policy: PolicyDocument,
  expected: number | null,
): Promise<Versioned> {
  const { team, composition, db, actor, at } = call
  const before = await currentPolicy(call)
  if (expected !== null && expected !== before.version) throw changedMeanwhile(before.version)
  const version = before.version + 1
  const json = JSON.stringify(policy)
  await call.change({
    object: `policy ${version}`,
    before,
    after: { version, policy },
    ledger: async () => {
      const answer = await composition.ledger(team.id).putPolicy(json, before.version)
      return answer.done ? { done: true } : { done: false, code: 'conflict', problem: wordsFor(answer.version) }
    },
    directory: [
      // A change that broke off may have left the version before this one out of the history.
      ...(before.version === 0
        ? []
        : [
            policyVersionInsert(db, {
              teamId: team.id,
              version: before.version,
              json: JSON.stringify(before.policy),
              at,
              actor: 'unknown',
            }),
          ]),
      policyVersionInsert(db, { teamId: team.id, version, json, at, actor: actor.id }),
    ],
  })
  return { version, policy }
}

function changedMeanwhile(version: number): Problem {
  return new Problem(409, 'Changed meanwhile', wordsFor(version))
}

function wordsFor(version: number): string {
  return `The policy is at version ${version} by now; nothing was changed.`
}
