import * as z from 'zod'
import { countAttempts, type AttemptCount } from '../../../store/decision-sums.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { time } from '../fields.ts'

const MOST_CALLS = 2_000
const HOUR_MS = 60 * 60_000

/** What a provider did as it should, or what was not its doing: all else is a fault. */
const NO_FAULT: ReadonlySet<string> = new Set(['answered', 'refused', 'client_left'])

export const showProviders = defineRoute({
  name: 'providers list',
  method: 'GET',
  path: '/teams/:teamId/providers',
  summary: 'List the providers and how they are doing.',
  description: `Shares of errors are those of the team's own calls, of the newest ${MOST_CALLS} at most.`,
  allow: READERS,
  query: z.strictObject({
    hours: z.coerce
      .number()
      .int()
      .min(1)
      .max(168)
      .default(24)
      .meta({ description: 'How far back errors are counted.' }),
  }),
  answer: z.strictObject({
    since: time,
    providers: z.array(
      z.strictObject({
        name: z.string(),
        configured: z
          .boolean()
          .meta({ description: 'false: calls of the log name it, but it is not set up any more.' }),
        dialects: z.array(z.string()),
        coolingUntil: time.nullable().meta({ description: 'The team leaves it alone until then; null: it does not.' }),
        coolingTargets: z.array(z.strictObject({ target: z.string(), until: time })),
        attempts: z.int().meta({ description: 'Requests that were sent to it.' }),
        faults: z.int(),
        faultShare: z.number().nullable().meta({ description: 'null: nothing was sent to it.' }),
        outcomes: z.record(z.string(), z.int()),
      }),
    ),
  }),
  columns: ['name', 'configured', 'coolingUntil', 'attempts', 'faults', 'faultShare'],
  async handle({ query, team, composition, db, at }) {
    const since = at - query.hours * HOUR_MS
    const [cooling, counts] = await Promise.all([
      composition.ledger(team.id).cooldowns(),
      countAttempts(db.withSession('first-unconstrained'), { teamId: team.id, since, mostCalls: MOST_CALLS }),
    ])
    const { configured } = composition.gateway.ports.providers
    const names = new Set([...configured.keys(), ...counts.map(({ provider }) => provider)])
    const providers = [...names].map((name) => ({
      name,
      configured: configured.has(name),
      dialects: [...(configured.get(name) ?? [])],
      coolingUntil: cooling.find(({ id }) => id === name)?.until ?? null,
      coolingTargets: cooling
        .filter(({ id }) => id.startsWith(`${name}/`))
        .map(({ id, until }) => ({ target: id, until })),
      ...sumsOf(counts.filter(({ provider }) => provider === name)),
    }))
    return { since, providers }
  },
})

function sumsOf(counts: readonly AttemptCount[]) {
  const attempts = counts.reduce((sum, one) => sum + one.attempts, 0)
  const faults = counts.reduce((sum, one) => sum + (NO_FAULT.has(one.outcome) ? 0 : one.attempts), 0)
  return {
    attempts,
    faults,
    faultShare: attempts === 0 ? null : faults / attempts,
    outcomes: Object.fromEntries(counts.map((one) => [one.outcome, one.attempts])),
  }
}
