/** Who uses the admin API, and what they may do there. */

/**
 * `owner`: everything in the team, people and tokens included. `admin`: everything but people and tokens. `auditor`:
 * reads all of it. `member`: reads what belongs to their own keys.
 */
export const ROLES = ['owner', 'admin', 'member', 'auditor'] as const
export type Role = (typeof ROLES)[number]

/** What routes usually allow. */
export const ANYONE: readonly Role[] = [...ROLES]
export const READERS: readonly Role[] = ['owner', 'admin', 'auditor']
export const ADMINS: readonly Role[] = ['owner', 'admin']
export const OWNERS: readonly Role[] = ['owner']
/** Only the operator, who holds `ADMIN_TOKEN`. */
export const OPERATOR: readonly Role[] = []

export interface Grant {
  readonly teamId: string
  readonly role: Role
}

export interface Actor {
  /** Stable, for the audit log and idempotency keys: `operator`, `token:<id>`, `person:<e-mail>`. */
  readonly id: string
  readonly name: string
  /** In lower case; null where no person is known. */
  readonly email: string | null
  /** May do everything in every team; the grants are empty then. */
  readonly isOperator: boolean
  readonly grants: readonly Grant[]
  /** Signed in by what a browser sends by itself, so that another site's page could make it send something. */
  readonly byBrowser: boolean
}

export function roleIn(actor: Actor, teamId: string): Role | null {
  return actor.grants.find((grant) => grant.teamId === teamId)?.role ?? null
}

export const OPERATOR_ACTOR: Actor = {
  id: 'operator',
  name: 'operator',
  email: null,
  isOperator: true,
  grants: [],
  byBrowser: false,
}

/** Whoever holds the one-time token of a fresh gateway. */
export const FOUNDER: Actor = { ...OPERATOR_ACTOR, id: 'bootstrap', name: 'bootstrap' }
