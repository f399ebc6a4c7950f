/**
 * `GET /v1/usage` and `GET /v1/budget`: what a developer's own key has spent, and the budgets it runs under. They cost no
 * money and are answered by the team's ledger, so that what they tell is what the next call meets.
 */
import type { Context } from 'hono'
import type { OwnUsage } from '../../core/ledger/usage-report.ts'
import { authenticate } from '../../gateway/authenticate.ts'
import { refusalError } from '../../gateway/refuse.ts'
import type { AppEnv } from '../app-env.ts'
import { clientKey } from '../client-key.ts'

export async function usage(context: Context<AppEnv>): Promise<Response> {
  const { at, key, own } = await ownUsage(context)
  const spent = Object.entries(own.spent).map(([period, { startsAt, nano }]) => [
    period,
    { startsAt, spentNano: nano, spentUsd: usd(nano) },
  ])
  return answer({
    at,
    key: keyTold(key),
    calls: own.calls,
    reservedNano: own.reservedNano,
    spent: Object.fromEntries(spent),
  })
}

export async function budget(context: Context<AppEnv>): Promise<Response> {
  const { at, key, budgets } = await ownUsage(context)
  return answer({
    at,
    key: keyTold(key),
    budgets: budgets.map(({ window, ...budgetOf }) => ({
      ...budgetOf,
      limitUsd: usd(budgetOf.limitNano),
      startsAt: window?.startsAt ?? null,
      resetsAt: window?.resetsAt ?? null,
      spentNano: window?.spentNano ?? null,
      reservedNano: window?.reservedNano ?? null,
      leftNano: window?.leftNano ?? null,
      leftUsd: window === null ? null : usd(window.leftNano),
    })),
  })
}

async function ownUsage(context: Context<AppEnv>): Promise<OwnUsage> {
  const { composition } = context.var
  const { teamId, keyHash } = await authenticate({ apiKey: clientKey(context.req.raw.headers) }, composition.keys)
  const found = await composition.ledger(teamId).ownUsage(keyHash)
  if (!found.known) throw refusalError(found.refusal)
  return found.usage
}

function keyTold({ keyId, keyName, owner, tags, teamId, teamName }: OwnUsage['key']) {
  return { id: keyId, name: keyName, owner, tags, team: { id: teamId, name: teamName } }
}

function usd(nano: number): number {
  return nano / 1e9
}

function answer(body: object): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}
