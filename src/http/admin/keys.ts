/** `/admin/v1/teams/:teamId/keys`: a developer's keys. A key is shown once, in the answer that issues it. */
import type { Context } from 'hono'
import * as z from 'zod'
import { findKey, insertKey, listKeys, markKeyRevoked } from '../../store/directory.ts'
import type { AppEnv } from '../app-env.ts'
import { carriedOut } from './carried-out.ts'
import { existingTeam } from './existing-team.ts'
import { Problem } from '../problem.ts'
import { readJson } from './read-input.ts'

const PREFIX_CHARS = 12

const input = z.strictObject({
  name: z.string().trim().min(1).max(100),
  /** The highest tier the key may use. */
  highestTier: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
  /** Milliseconds since the epoch. */
  expiresAt: z.number().int().positive().nullable().default(null),
})

export async function createKey(context: Context<AppEnv>): Promise<Response> {
  const team = await existingTeam(context)
  const { name, highestTier, expiresAt } = await readJson(context, input)
  const { composition, arrivedAt } = context.var
  const issued = await composition.keys.issue(team.id)
  const id = `key_${composition.newId()}`
  // The ledger first: only a key that works is shown.
  const answer = await composition
    .ledger(team.id)
    .putKey({ keyId: id, name, keyHash: issued.keyHash, highestTier, expiresAt })
  carriedOut(answer)
  const row = {
    id,
    teamId: team.id,
    name,
    prefix: issued.key.slice(0, PREFIX_CHARS),
    createdAt: arrivedAt,
    revokedAt: null,
  }
  await insertKey(context.env.DB, row)
  return context.json({ ...row, key: issued.key }, 201)
}

export async function showKeys(context: Context<AppEnv>): Promise<Response> {
  const team = await existingTeam(context)
  return context.json({ keys: await listKeys(context.env.DB, team.id) })
}

/** `DELETE /admin/v1/teams/:teamId/keys/:keyId`: takes effect at the key's next call. */
export async function revokeKey(context: Context<AppEnv>): Promise<Response> {
  const team = await existingTeam(context)
  const key = await findKey(context.env.DB, team.id, context.req.param('keyId') ?? '')
  if (key === null) throw new Problem(404, 'Not found', 'This team has no such key.')
  carriedOut(await context.var.composition.ledger(team.id).revokeKey(key.id))
  await markKeyRevoked(context.env.DB, key.id, context.var.arrivedAt)
  return context.body(null, 204)
}
