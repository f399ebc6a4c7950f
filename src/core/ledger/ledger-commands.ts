/**
 * What an administrator may send to a ledger, as schemas: the last check before money and keys are changed. What each
 * command does is in `configure.ts` and `configure-keys.ts`. Money is nano-dollars, times are milliseconds since epoch.
 */
import * as z from 'zod'
import type { Budget, BudgetScope } from './budget.ts'
import type { LedgerKey, LedgerTeam } from './ledger-state.ts'
import { BUDGET_PERIODS } from './periods.ts'
import { NO_RATE_LIMITS } from './rate-limits.ts'
import { keyScope } from './scope.ts'

const id = z.string().min(1).max(128)
const time = z.number().int().nonnegative()
const name = z.string().min(1).max(200)
const person = z.string().min(1).max(200).nullable()
/** HMAC of a key, hex. */
const keyHash = z.string().regex(/^[0-9a-f]{32,128}$/)
const limit = z.number().int().min(1).max(1_000_000_000).nullable()
const LONGEST_OVERLAP_MS = 90 * 24 * 60 * 60_000

const rateLimits = z.object({
  requestsPerMinute: limit.default(null),
  tokensPerMinute: limit.default(null),
  concurrentStreams: limit.default(null),
})

export const teamCommand = z.object({
  teamId: id,
  name,
  /** Whom a developer asks when a budget of the team is reached: a name, an address. */
  contact: person.default(null),
  rateLimits: rateLimits.default(NO_RATE_LIMITS),
})

/** What can be changed of a team. What is not named stays as it is. */
export const teamPatch = z.strictObject({
  name: name.optional(),
  contact: person.optional(),
  rateLimits: rateLimits.optional(),
})

/** All that can be changed of a key. What is not named stays as it is. */
export const keyPatch = z.strictObject({
  name: name.optional(),
  /** Whose key it is: a name, an address. */
  owner: person.optional(),
  /** What reports can group by: project, environment, ... */
  tags: z
    .record(z.string().regex(/^[A-Za-z][\w.-]{0,31}$/), z.string().min(1).max(100))
    .refine((tags) => Object.keys(tags).length <= 20, 'a key may have 20 tags at most')
    .optional(),
  /** Models (`claude-haiku-5-5`) or targets (`anthropic/claude-haiku-5-5`) the key may use; null: all. */
  allowedModels: z.array(z.string().min(1).max(200)).min(1).max(200).nullable().optional(),
  highestTier: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
  /**
   * JSON of a partial policy that is laid over the team's for this key; null: none. Check it with `checkPolicyOverride`
   * (`core/routing/policy-override.ts`) before: here it only has to be an object.
   */
  policyOverride: z.string().max(65_536).refine(isJsonObject, 'must be a JSON object').nullable().optional(),
  /** Replaced as a whole: a limit that is not named is none. */
  rateLimits: rateLimits.optional(),
  expiresAt: time.nullable().optional(),
})

/** A new key. `putKey` of a hash that is known replaces all that the command says of it. */
export const keyCommand = keyPatch.extend({
  keyId: id,
  keyHash,
  name,
  highestTier: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
})

/** The new hash is valid at once; those before it for `overlapMs` more, 0: not at all. */
export const rotateCommand = z.object({
  keyId: id,
  newHash: keyHash,
  overlapMs: z.number().int().min(0).max(LONGEST_OVERLAP_MS),
})

export const budgetCommand = z
  .object({
    /** Two budgets of one scope and period need ids of their own; without one the newer replaces the older. */
    id: id.optional(),
    /** `session`: each session for itself, of the whole team or of the key that is named. */
    scope: z.enum(['team', 'key', 'session']),
    keyId: id.nullable().default(null),
    /** `session` for the scope `session`, and only for it. */
    period: z.enum(BUDGET_PERIODS),
    limitNano: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
    mode: z.enum(['hard', 'soft']).default('hard'),
    thresholds: z.array(z.number().positive().max(10)).max(10).default([0.5, 0.8, 0.95]),
    onExceed: z.enum(['block', 'downgrade', 'surface']).default('block'),
  })
  .refine((budget) => budget.scope === 'session' || (budget.scope === 'key') === (budget.keyId !== null), {
    path: ['keyId'],
    message: 'a budget of a key names it, a budget of the team names none',
  })
  .refine((budget) => (budget.scope === 'session') === (budget.period === 'session'), {
    path: ['period'],
    message: 'a budget of a session has the period `session`, and no other budget has',
  })

export type TeamCommand = z.input<typeof teamCommand>
export type TeamPatch = z.input<typeof teamPatch>
/** As the ledger's own functions take it. */
export type CheckedTeamPatch = z.output<typeof teamPatch>
export type KeyCommand = z.input<typeof keyCommand>
export type KeyPatch = z.input<typeof keyPatch>
/** As the ledger's own functions take it: checked, and its rate limits whole. */
export type CheckedKeyPatch = z.output<typeof keyPatch>
export type BudgetCommand = z.input<typeof budgetCommand>

/**
 * A command's answer: done, or why not. `invalid`: the command is not well formed. `not_found`: there is no such key or
 * budget. `conflict`: it was changed meanwhile, or the hash belongs to another key. `too_many`: a limit of the ledger.
 */
export type CommandAnswer =
  | {
      readonly done: true
      /** Of a team or key that was changed: how often it was until now. The directory keeps the later of two changes. */
      readonly revision?: number
    }
  | {
      readonly done: false
      readonly code: 'invalid' | 'not_found' | 'conflict' | 'too_many'
      readonly problem: string
    }

/** `version_conflict`: the stored policy has another version than the one expected. */
export type PolicyAnswer =
  | { readonly done: true; readonly version: number }
  | { readonly done: false; readonly code: 'version_conflict'; readonly version: number }

/** The answer to a command that is not well formed: each fault on a line, with its place. */
export function malformed(error: z.ZodError): CommandAnswer {
  return { done: false, code: 'invalid', problem: z.prettifyError(error) }
}

export function teamOf(command: z.output<typeof teamCommand>): LedgerTeam {
  return { ...command }
}

export function keyOf(command: z.output<typeof keyCommand>): LedgerKey {
  return {
    keyHash: command.keyHash,
    keyId: command.keyId,
    name: command.name,
    highestTier: command.highestTier,
    owner: command.owner ?? null,
    tags: command.tags ?? {},
    allowedModels: command.allowedModels ?? null,
    policyOverride: command.policyOverride ?? null,
    overrideVersion: (command.policyOverride ?? null) === null ? 0 : 1,
    rateLimits: command.rateLimits ?? NO_RATE_LIMITS,
    expiresAt: command.expiresAt ?? null,
    retiresAt: null,
    revokedAt: null,
  }
}

export function budgetOf(command: z.output<typeof budgetCommand>): Budget {
  const { keyId, scope: kind, id: given, ...rest } = command
  const scope = budgetScope(kind, keyId)
  return { ...rest, scope, id: given ?? `${scope}:${command.period}` }
}

function budgetScope(kind: 'team' | 'key' | 'session', keyId: string | null): BudgetScope {
  if (kind === 'session') return keyId === null ? 'sessions' : `sessions:${keyId}`
  return kind === 'key' && keyId !== null ? keyScope(keyId) : 'team'
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
