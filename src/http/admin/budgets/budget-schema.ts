/** A budget as the API takes and tells it. */
import * as z from 'zod'
import type { BudgetReport } from '../../../core/ledger/usage-report.ts'
import { BUDGET_PERIODS } from '../../../core/ledger/periods.ts'
import { nano, time } from '../fields.ts'

const NANO_PER_DOLLAR = 1e9
/** The most that nano-dollars count exactly as a number. */
const MAX_DOLLARS = 9_000_000

const scope = z.enum(['team', 'key', 'session'])
const period = z.enum(BUDGET_PERIODS)
const mode = z.enum(['hard', 'soft']).meta({ description: '`hard` stops calls at the limit, `soft` only watches.' })
const onExceed = z.enum(['block', 'downgrade', 'surface']).meta({
  description:
    '`block`: refuse. `downgrade`: the dearest tier that still fits. `surface`: end the turn with a message.',
})
const thresholds = z
  .array(z.number().positive().max(10))
  .max(10)
  .meta({ description: 'Shares of the limit whose crossing is told.' })

export const newBudget = z
  .strictObject({
    id: z
      .string()
      .regex(/^[\w.:-]{1,128}$/, 'may have letters, digits and any of _ . : -')
      .optional()
      .meta({
        description: 'Only where one scope and period have several budgets; else the newer replaces the older.',
      }),
    scope: scope.meta({ description: '`session`: each session for itself, of the whole team or of the key named.' }),
    keyId: z
      .string()
      .min(1)
      .max(64)
      .nullable()
      .default(null)
      .meta({ description: 'Id of the key that is capped; needed for the scope `key`.' }),
    period: period.meta({
      description: 'UTC calendar windows, weeks from Monday. `session` belongs to the scope `session`.',
    }),
    limitUsd: z
      .number()
      .min(0)
      .max(MAX_DOLLARS)
      .refine(
        (dollars) => Number.isInteger(Math.round(dollars * NANO_PER_DOLLAR * 1000) / 1000),
        'may have nine decimals at most',
      )
      .meta({ description: 'Dollars; fractions of a nano-dollar are refused rather than rounded.', examples: [200] }),
    mode: mode.default('hard'),
    thresholds: thresholds.default([0.5, 0.8, 0.95]),
    onExceed: onExceed.default('block'),
  })
  .refine(({ scope: of, keyId }) => of === 'session' || (of === 'key') === (keyId !== null), {
    path: ['keyId'],
    message: 'a budget of a key names it, a budget of the team names none',
  })
  .refine(({ scope: of, period: window }) => (of === 'session') === (window === 'session'), {
    path: ['period'],
    message: 'a budget of sessions has the period `session`, and no other budget has',
  })

export const budget = z.strictObject({
  id: z.string(),
  scope,
  keyId: z.string().nullable(),
  name: z.string().meta({ description: "The team's or the key's name." }),
  period,
  limitNano: nano,
  mode,
  onExceed,
  thresholds,
  startsAt: time.nullable(),
  resetsAt: time.nullable().meta({ description: 'When the running window ends; null: never.' }),
  spentNano: nano.nullable().meta({ description: 'null: each session has a sum of its own.' }),
  reservedNano: nano.nullable().meta({ description: 'Held for calls in flight.' }),
  leftNano: nano.nullable(),
  refusals: z
    .int()
    .nonnegative()
    .meta({
      description:
        'Calls it refused at their admission in its running window, repeats counted; of a budget for each session, since ' +
        'it was set. A call refused later is in the log.',
    }),
})

export function nanoOf(dollars: number): number {
  return Math.round(dollars * NANO_PER_DOLLAR)
}

/** As the ledger reports it, flat. */
export function budgetOf({ window, ...report }: BudgetReport): z.infer<typeof budget> {
  const {
    id,
    scope: of,
    keyId,
    name,
    period: length,
    limitNano,
    mode: how,
    onExceed: then,
    thresholds: shares,
  } = report
  return {
    id,
    scope: of,
    keyId,
    name,
    period: length,
    limitNano,
    mode: how,
    onExceed: then,
    thresholds: [...shares],
    startsAt: window?.startsAt ?? null,
    resetsAt: window?.resetsAt ?? null,
    spentNano: window?.spentNano ?? null,
    reservedNano: window?.reservedNano ?? null,
    leftNano: window?.leftNano ?? null,
    refusals: report.refusals,
  }
}
