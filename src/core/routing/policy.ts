/**
 * A team's routing policy: versioned JSON, checked strictly, resolved to plain data with every default filled in.
 * It holds the numbers that decide; it decides nothing itself.
 */
import * as z from 'zod'
import { failurePolicySchema, fillFailurePolicy, type FailurePolicy } from '../cascade/failure-policy.ts'
import { issueWords } from '../issue-words.ts'
import type { PriceTable } from '../pricing/price-book.ts'
import { teamRulesSchema, type TeamRule } from '../tasks/team-rules.ts'
import { TASK_TYPES, type TaskType, type Tier } from '../tasks/task-types.ts'
import { unknownTargets, type CatalogPolicy } from './catalog.ts'
import { customModelSchema, priceOverrideSchema, toCatalogModel, toDatedPrices } from './policy-models.ts'

const tierSchema = z.union([z.literal(1), z.literal(2), z.literal(3)])
const taskTypeSchema = z.enum(TASK_TYPES as readonly [TaskType, ...TaskType[]])
const targetIdSchema = z.string().regex(/^[^/\s]+\/\S+$/, 'must read provider/model')
const countSchema = z.int().min(1).max(10_000)
/** A call is made again only from the second time on. */
const repeatsSchema = z.int().min(2).max(10_000)
const tokensSchema = z.int().min(0).max(10_000_000)

/** What context growth is measured on. */
export const GROWTH_MEASURES = ['turn-growth', 'session-growth', 'total', 'none'] as const
export type GrowthMeasure = (typeof GROWTH_MEASURES)[number]

/**
 * What happens at an iteration cap. `surface`: the turn ends with a message of the gateway's own. `block`: the call is
 * refused. `alert`: the call goes on, and the log says so.
 */
const CAP_ACTIONS = ['surface', 'block', 'alert'] as const
export type CapAction = (typeof CAP_ACTIONS)[number]

const subagentsSchema = z.union([
  z.literal('inherit'),
  z.strictObject({ ceiling: tierSchema }),
  z.strictObject({ tier: tierSchema }),
])

/** The policy as a team writes it. Every field but `schema` may be left out. */
export const policySchema = z.strictObject({
  schema: z.literal(1),
  rules: z.enum(['default', 'literal']).optional(),
  strategy: z.enum(['rules']).optional(),
  catalog: z
    .strictObject({
      preset: z.enum(['current', 'reference', 'none']).optional(),
      tiers: z
        .strictObject({
          '1': z.array(targetIdSchema).max(50).optional(),
          '2': z.array(targetIdSchema).max(50).optional(),
          '3': z.array(targetIdSchema).max(50).optional(),
        })
        .optional(),
      exclude: z.array(targetIdSchema).max(200).optional(),
      models: z.array(customModelSchema).max(100).optional(),
    })
    .optional(),
  taskRules: teamRulesSchema.optional(),
  taskTiers: z.partialRecord(taskTypeSchema, tierSchema).optional(),
  growth: z
    .strictObject({
      measure: z.enum(GROWTH_MEASURES).optional(),
      tier2At: tokensSchema.optional(),
      tier3At: tokensSchema.optional(),
    })
    .optional(),
  requestedModel: z.enum(['ceiling', 'ignore', 'pin']).optional(),
  translation: z.enum(['when-needed', 'always', 'never']).optional(),
  promptCaching: z
    .strictObject({ plan: z.boolean().optional(), lifetime: z.enum(['auto', 'short', 'long']).optional() })
    .optional(),
  subagents: subagentsSchema.optional(),
  iterations: z
    .strictObject({
      withoutProgress: countSchema.nullable().optional(),
      perTurn: countSchema.nullable().optional(),
      sameCall: repeatsSchema.nullable().optional(),
      perSubagentTree: countSchema.nullable().optional(),
      perSession: countSchema.nullable().optional(),
      onCap: z.enum(CAP_ACTIONS).optional(),
    })
    .optional(),
  evidence: z
    .strictObject({
      toolErrors: countSchema.nullable().optional(),
      repeatedCalls: countSchema.nullable().optional(),
      complaint: z.boolean().optional(),
      maxSteps: z.int().min(0).max(2).optional(),
    })
    .optional(),
  expectations: z
    .strictObject({
      iterationsLeft: z.number().min(0).max(1000).nullable().optional(),
      growthPerCall: tokensSchema.nullable().optional(),
      outputTokens: tokensSchema.optional(),
    })
    .optional(),
  scope: z
    .strictObject({
      taskTypes: z.array(taskTypeSchema).optional(),
      keys: z.array(z.string()).max(1000).optional(),
      share: z.number().min(0).max(1).optional(),
    })
    .optional(),
  prices: z.record(targetIdSchema, priceOverrideSchema).optional(),
  failures: failurePolicySchema.optional(),
})

export type PolicyJson = z.infer<typeof policySchema>

/** Which calls are routed at all; the others keep the model they ask for. null: no limit. */
export interface PolicyScope {
  readonly taskTypes: readonly TaskType[] | null
  readonly keys: readonly string[] | null
  /** Share of sessions, 0..1. */
  readonly share: number
}

/** A policy with every default filled in. */
export interface Policy {
  readonly version: number
  readonly rules: 'default' | 'literal'
  readonly strategy: 'rules'
  readonly catalog: CatalogPolicy
  /** The team's own rules for naming a task, asked before the shipped ones. */
  readonly taskRules: readonly TeamRule[]
  readonly taskTiers: Readonly<Partial<Record<TaskType, Tier>>>
  readonly growth: { readonly measure: GrowthMeasure; readonly tier2At: number; readonly tier3At: number }
  readonly requestedModel: 'ceiling' | 'ignore' | 'pin'
  /** Whether a call may go to a target that only speaks another dialect than its client. */
  readonly translation: 'when-needed' | 'always' | 'never'
  /** `plan`: cache marks are added where a client leaves them out. `lifetime`: of what they write; `auto` weighs it. */
  readonly promptCaching: { readonly plan: boolean; readonly lifetime: 'auto' | 'short' | 'long' }
  readonly subagents: 'inherit' | { readonly ceiling: Tier } | { readonly tier: Tier }
  /** Caps of model calls; null: no cap. */
  readonly iterations: {
    /** Calls of a turn since an edit was applied or tests passed. */
    readonly withoutProgress: number | null
    readonly perTurn: number | null
    /** How many times in a row the same tool call may be made with the same input: at the last of them the cap is reached. */
    readonly sameCall: number | null
    /** Calls made for a main conversation's turn, those of its sub-agents included. */
    readonly perSubagentTree: number | null
    readonly perSession: number | null
    readonly onCap: CapAction
  }
  /** How much evidence raises the floor by one tier; null or false: that kind never does. */
  readonly evidence: {
    readonly toolErrors: number | null
    readonly repeatedCalls: number | null
    readonly complaint: boolean
    readonly maxSteps: number
  }
  /**
   * Starting values until a session has learned its own, tokens of the reference tokenizer; growth null: what the team's
   * log has taught. Iterations left in a turn are learned from its first call on; a number here is taken instead, at
   * every call.
   */
  readonly expectations: {
    readonly iterationsLeft: number | null
    readonly growthPerCall: number | null
    readonly outputTokens: number
  }
  readonly scope: PolicyScope
  readonly prices: PriceTable
  /** What is tried when a provider fails. */
  readonly failures: FailurePolicy
}

/** A policy that cannot be used: each problem names its place, as in `growth.tier2At: ...`. */
export class InvalidPolicy extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the policy is not valid: ${problems.join('; ')}`)
    this.name = 'InvalidPolicy'
    this.problems = problems
  }
}

/**
 * Checks a policy and fills in its defaults. Throws `InvalidPolicy` on unknown keys, wrong types, targets that name no
 * known model, and thresholds in the wrong order.
 */
export function resolvePolicy(json: unknown, version = 0): Policy {
  const parsed = policySchema.safeParse(json)
  if (!parsed.success) throw new InvalidPolicy(parsed.error.issues.map(describeIssue))
  const policy = fillDefaults(parsed.data, version)
  const problems = [
    ...unknownTargets(policy.catalog).map((id) => `catalog.tiers: ${id} names no known model`),
    ...(policy.growth.tier2At > policy.growth.tier3At ? ['growth.tier2At: must not be above growth.tier3At'] : []),
  ]
  if (problems.length > 0) throw new InvalidPolicy(problems)
  return deepFreeze(policy)
}

/** The policy of a team that has written none. */
export const DEFAULT_POLICY_JSON: PolicyJson = { schema: 1 }

/** The numbers of the two rule presets; what a policy states itself wins. */
const RULE_PRESETS = {
  default: { measure: 'turn-growth', withoutProgress: 25, perTurn: 100 },
  literal: { measure: 'total', withoutProgress: null, perTurn: 25 },
} as const

/** Tokens a call answers, read off real sessions; `npm run bench:horizon` prints it. */
const OUTPUT_TOKENS = 300

function fillDefaults(json: PolicyJson, version: number): Policy {
  const rules = json.rules ?? 'default'
  const preset = RULE_PRESETS[rules]
  return {
    version,
    rules,
    strategy: json.strategy ?? 'rules',
    catalog: {
      preset: json.catalog?.preset ?? 'current',
      tiers: {
        1: json.catalog?.tiers?.['1'] ?? [],
        2: json.catalog?.tiers?.['2'] ?? [],
        3: json.catalog?.tiers?.['3'] ?? [],
      },
      exclude: json.catalog?.exclude ?? [],
      models: (json.catalog?.models ?? []).map(toCatalogModel),
    },
    taskRules: json.taskRules ?? [],
    taskTiers: json.taskTiers ?? {},
    growth: {
      measure: json.growth?.measure ?? preset.measure,
      tier2At: json.growth?.tier2At ?? 20_000,
      tier3At: json.growth?.tier3At ?? 50_000,
    },
    requestedModel: json.requestedModel ?? 'ceiling',
    translation: json.translation ?? 'when-needed',
    promptCaching: { plan: json.promptCaching?.plan ?? true, lifetime: json.promptCaching?.lifetime ?? 'auto' },
    subagents: json.subagents ?? 'inherit',
    iterations: fillIterations(json.iterations ?? {}, preset),
    evidence: fillEvidence(json.evidence ?? {}),
    expectations: {
      iterationsLeft: json.expectations?.iterationsLeft ?? null,
      growthPerCall: json.expectations?.growthPerCall ?? null,
      outputTokens: json.expectations?.outputTokens ?? OUTPUT_TOKENS,
    },
    scope: {
      taskTypes: json.scope?.taskTypes ?? null,
      keys: json.scope?.keys ?? null,
      share: json.scope?.share ?? 1,
    },
    prices: toDatedPrices(json.prices ?? {}),
    failures: fillFailurePolicy(json.failures),
  }
}

function fillIterations(
  json: NonNullable<PolicyJson['iterations']>,
  preset: Pick<Policy['iterations'], 'withoutProgress' | 'perTurn'>,
): Policy['iterations'] {
  return {
    withoutProgress: json.withoutProgress === undefined ? preset.withoutProgress : json.withoutProgress,
    perTurn: json.perTurn === undefined ? preset.perTurn : json.perTurn,
    sameCall: json.sameCall === undefined ? 5 : json.sameCall,
    perSubagentTree: json.perSubagentTree ?? null,
    perSession: json.perSession ?? null,
    onCap: json.onCap ?? 'surface',
  }
}

function fillEvidence(json: NonNullable<PolicyJson['evidence']>): Policy['evidence'] {
  return {
    toolErrors: json.toolErrors === undefined ? 3 : json.toolErrors,
    repeatedCalls: json.repeatedCalls === undefined ? 3 : json.repeatedCalls,
    complaint: json.complaint ?? true,
    maxSteps: json.maxSteps ?? 2,
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.length === 0 ? 'policy' : issue.path.map(String).join('.')}: ${issueWords(issue)}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}
