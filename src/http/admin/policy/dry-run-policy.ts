import * as z from 'zod'
import { buildPriceBook } from '../../../core/pricing/price-book.ts'
import { comparePolicies } from '../../../core/replay/compare-policies.ts'
import { readDecisionRow, threadsOfDecisions } from '../../../core/replay/read-decision-rows.ts'
import type { NamedPolicy } from '../../../core/replay/replay-thread.ts'
import { buildCatalog } from '../../../core/routing/catalog.ts'
import { resolvePolicy } from '../../../core/routing/policy.ts'
import { decisionsToReplay } from '../../../store/decisions.ts'
import { Problem } from '../../problem.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { nano, time } from '../fields.ts'
import { withPolicyProblems } from './policy-problems.ts'
import { policyBody, version } from './policy-schema.ts'
import { currentPolicy } from './stored-policy.ts'

const DAY_MS = 24 * 60 * 60_000
/** Marked caches live for five minutes unless they are asked to live longer. */
const CACHE_LIFETIME_MS = 5 * 60_000
/** A replay of so many calls stays within two or three seconds of CPU. */
const MOST_CALLS = 5_000

const share = z.number().min(0).max(1)
const bill = z.strictObject({
  costNano: nano,
  tiers: z.strictObject({ 1: share, 2: share, 3: share }).meta({ description: 'Shares of the calls.' }),
  switches: z.number().meta({ description: 'Times a call went to another target than the one before it.' }),
  cacheShare: share.meta({ description: 'Of all prompt tokens, those read from a cache.' }),
})

export const dryRunPolicy = defineRoute({
  name: 'policy dry-run',
  method: 'POST',
  path: '/teams/:teamId/policy/dry-run',
  summary: "What yesterday's calls would have cost under another policy.",
  description:
    'Replays the logged calls under the present policy and the one given, with the same prompts and answers whoever ' +
    'gives them, at the prices of now. Nothing is stored or sent.',
  allow: READERS,
  body: z.strictObject({
    policy: policyBody,
    from: time
      .optional()
      .meta({ description: 'From when on; the beginning of yesterday (UTC) if absent.', format: 'epoch-ms' }),
    to: time.optional().meta({ description: 'Until when; the end of yesterday (UTC) if absent.', format: 'epoch-ms' }),
    limit: z
      .int()
      .min(1)
      .max(MOST_CALLS)
      .default(MOST_CALLS)
      .meta({ description: 'Calls that are read at most, the oldest first.' }),
  }),
  readOnly: true,
  documentField: 'policy',
  ifNone: {
    field: 'calls',
    words: 'There is no call to replay from {from} to {to}. --from and --to name another time.',
  },
  answer: z.strictObject({
    from: time,
    to: time,
    currentVersion: version,
    calls: z.int(),
    threads: z.int(),
    topNano: nano.meta({ description: 'All of it at the reference model of the top tier.' }),
    recordedNano: nano
      .nullable()
      .meta({ description: 'What the log says it cost; null: it does not tell for all calls.' }),
    current: bill,
    candidate: bill,
    savedNano: nano.meta({ description: 'What the policy given would have saved against the present one.' }),
    truncated: z.boolean().meta({ description: 'There were more calls than the limit.' }),
    withoutUsage: z.int().meta({ description: 'Calls left out because they used nothing.' }),
    leftOut: z.array(z.strictObject({ reason: z.string(), threads: z.int() })),
  }),
  async handle(call) {
    const { body, team, db, at, composition } = call
    const today = at - (at % DAY_MS)
    const { from = today - DAY_MS, to = today, limit } = body
    if (from >= to) throw new Problem(400, 'Invalid input', 'The time asked for is empty: `from` must be before `to`.')
    const present = await currentPolicy(call)
    const providers = composition.gateway.ports.providers.configured
    const terms = { providers, pricedAt: at }
    const candidate = withPolicyProblems(() => replayInput(body.policy, terms))
    const current = replayInput(present.policy, terms)
    const rows = await decisionsToReplay(db.withSession('first-unconstrained'), {
      teamId: team.id,
      from,
      to,
      limit: limit + 1,
    })
    const decisions = rows.slice(0, limit).map((row, index) => readDecisionRow(row, `decision ${index + 1}`))
    const { threads, withoutUsage } = threadsOfDecisions(decisions, current.catalog.models)
    const compared = comparePolicies(threads, { current, candidate })
    return {
      from,
      to,
      currentVersion: present.version,
      ...compared,
      leftOut: [...compared.leftOut],
      savedNano: compared.current.costNano - compared.candidate.costNano,
      truncated: rows.length > limit,
      withoutUsage,
    }
  },
})

function replayInput(json: unknown, terms: Pick<NamedPolicy['input'], 'providers' | 'pricedAt'>): NamedPolicy['input'] {
  const policy = resolvePolicy(json)
  return {
    ...terms,
    policy,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(policy.prices),
    lifetimeMs: CACHE_LIFETIME_MS,
  }
}
