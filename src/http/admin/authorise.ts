/**
 * Whether an actor may use a route, and what of it. A team that is not theirs looks like one that does not exist: both
 * end here before anything is looked up.
 */
import { findTeam, type TeamRow } from '../../store/directory.ts'
import { Problem } from '../problem.ts'
import { roleIn, type Actor, type Role } from './actor.ts'
import type { AdminRoute } from './define-route.ts'

export interface Permission {
  /** null: the route is about no single team. */
  readonly team: TeamRow | null
  /** An e-mail address: only what belongs to that person's keys. */
  readonly onlyOwner: string | null
}

/**
 * @param asked the team that the request names; null: none
 * @throws Problem 403 for a role that may not, 404 for a team that does not exist for this actor
 */
export async function authorise(
  route: AdminRoute,
  { actor, asked }: { readonly actor: Actor; readonly asked: string | null },
  db: D1Database,
): Promise<Permission> {
  if (actor.isOperator) return { team: asked === null ? null : await existing(asked, db), onlyOwner: null }
  if (route.teamFrom === 'none') {
    if (!actor.grants.some(({ role }) => route.allow.includes(role))) throw notAllowed(route)
    return { team: null, onlyOwner: null }
  }
  const teamId = asked ?? onlyTeam(actor)
  const role = roleIn(actor, teamId)
  if (role === null) throw noSuchTeam()
  if (!route.allow.includes(role)) throw notAllowed(route)
  return { team: await existing(teamId, db), onlyOwner: ownerOnly(role, actor) }
}

function noSuchTeam(): Problem {
  return new Problem(404, 'Not found', 'There is no such team.')
}

function notAllowed({ allow }: AdminRoute): Problem {
  const who = allow.length === 0 ? 'Only the operator may do this' : `This takes one of the roles ${allow.join(', ')}`
  return new Problem(403, 'Not allowed', `${who}.`)
}

async function existing(teamId: string, db: D1Database): Promise<TeamRow> {
  const team = await findTeam(db, teamId)
  if (team === null) throw noSuchTeam()
  return team
}

function onlyTeam(actor: Actor): string {
  const [first, ...more] = actor.grants
  if (first === undefined || more.length > 0)
    throw new Problem(400, 'Invalid input', 'Name the team.', [{ path: 'teamId', message: 'You have several teams.' }])
  return first.teamId
}

/** A member without an e-mail address owns nothing, so nothing is shown: no key has an empty owner. */
function ownerOnly(role: Role, actor: Actor): string | null {
  return role === 'member' ? (actor.email ?? '') : null
}
