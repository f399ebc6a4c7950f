/**
 * What an administrator may send to a ledger, as schemas: the last check before money and keys are changed.
 */
import * as z from 'zod'
import type { Budget } from './budget.ts'
import type { LedgerKey, LedgerTeam } from './ledger-state.ts'
import { PERIODS } from './periods.ts'
import { keyScope } from './scope.ts'

const id = z.string().min(1).max(128)
const time = z.number().int().nonnegative()

export const teamCommand = z.object({ teamId: id, name: z.string().min(1).max(200) })

export const keyCommand = z.object({
  keyId: id,
  name: z.string().min(1).max(200),
  /** HMAC of the key, hex. */
  keyHash: z.string().regex(/^[0-9a-f]{32,128}$/),
  highestTier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  expiresAt: time.nullable().default(null),
  owner: z.string().max(200).nullable().default(null),
})

export const budgetCommand = z
  .object({
    /** Two budgets of one scope and period need ids of their own; without one the newer replaces the older. */
    id: id.optional(),
    scope: z.enum(['team', 'key']),
    keyId: id.nullable().default(null),
    period: z.enum(PERIODS),
    limitNano: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
    mode: z.enum(['hard', 'soft']).default('hard'),
    thresholds: z.array(z.number().positive().max(10)).max(10).default([0.5, 0.8, 0.95]),
    onExceed: z.enum(['block', 'downgrade', 'surface']).default('block'),
  })
  .refine((budget) => (budget.scope === 'key') === (budget.keyId !== null), {
    path: ['keyId'],
    message: 'a budget of a key names it, a budget of the team names none',
  })

export type TeamCommand = z.input<typeof teamCommand>
export type KeyCommand = z.input<typeof keyCommand>
export type BudgetCommand = z.input<typeof budgetCommand>

export function teamOf(command: z.output<typeof teamCommand>): LedgerTeam {
  return { teamId: command.teamId, name: command.name }
}

export function keyOf(command: z.output<typeof keyCommand>): LedgerKey {
  return { ...command, revokedAt: null }
}

export function budgetOf(command: z.output<typeof budgetCommand>): Budget {
  const { keyId, scope: kind, id: given, ...rest } = command
  const scope = kind === 'key' && keyId !== null ? keyScope(keyId) : 'team'
  return { ...rest, scope, id: given ?? `${scope}:${command.period}` }
}
