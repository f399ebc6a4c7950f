/**
 * Who asks: the operator by `ADMIN_TOKEN`, a program or person by a token of a team, or a person whom Cloudflare Access
 * signed in. A token that is sent decides, even where Access stands in front: a program behind Access has both.
 */
import type { Context } from 'hono'
import { sameText } from '../../security/api-key.ts'
import { findTokenToCheck, membershipsOf } from '../../store/people.ts'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'
import { FOUNDER, OPERATOR_ACTOR, type Actor } from './actor.ts'

/**
 * @throws Problem 401 where nobody is known
 */
export async function identifyActor(context: Context<AppEnv>): Promise<Actor> {
  const token = bearerOf(context)
  const actor = token === null ? await fromAccess(context) : await fromToken(context, token)
  if (actor === null) throw notSignedIn(token)
  return actor
}

/**
 * Who sets a fresh gateway up, by the one-time token.
 * @throws Problem 401
 */
export function identifyFounder(context: Context<AppEnv>): Actor {
  const { bootstrapToken } = context.var.composition.config
  const token = bearerOf(context)
  if (bootstrapToken === null || token === null || !sameText(token, bootstrapToken)) throw notSignedIn(token)
  return FOUNDER
}

/** Nothing is told of a token but that it is none: not whether there ever was one like it. */
function notSignedIn(token: string | null): Problem {
  const detail =
    token === null
      ? 'Send an admin token as `Authorization: Bearer ...`.'
      : 'This token is not valid here: mistyped, revoked or expired, or one for something else.'
  return new Problem(401, 'Not signed in', detail)
}

/** null: no token was sent. */
function bearerOf(context: Context<AppEnv>): string | null {
  return /^Bearer (\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? null
}

async function fromToken(context: Context<AppEnv>, text: string): Promise<Actor | null> {
  const { composition, arrivedAt } = context.var
  if (sameText(text, composition.config.adminToken)) return OPERATOR_ACTOR
  const verified = await composition.keys.verifyAdminToken(text)
  if (verified === null) return null
  const token = await findTokenToCheck(context.env.DB, verified.tokenId)
  if (token === null || !sameText(token.hash, verified.hash)) return null
  if (token.revokedAt !== null || (token.expiresAt !== null && token.expiresAt <= arrivedAt)) return null
  return {
    id: `token:${token.id}`,
    name: token.name,
    email: token.email,
    isOperator: false,
    grants: [{ teamId: token.teamId, role: token.role }],
    byBrowser: false,
  }
}

async function fromAccess(context: Context<AppEnv>): Promise<Actor | null> {
  const assertion = context.req.header('cf-access-jwt-assertion') ?? null
  const { access } = context.executionCtx as unknown as { readonly access?: AccessOfRuntime }
  if (access === undefined && assertion === null) return null
  const email = await context.var.composition.access().emailOf(access, assertion)
  if (email === null) return null
  const memberships = await membershipsOf(context.env.DB, email)
  const grants = memberships.map(({ teamId, role }) => ({ teamId, role }))
  return { id: `person:${email}`, name: email, email, isOperator: false, grants, byBrowser: true }
}

type AccessOfRuntime = NonNullable<Parameters<ReturnType<AppEnv['Variables']['composition']['access']>['emailOf']>[0]>
