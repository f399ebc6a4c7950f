/**
 * Whether a target can serve a request at all, and if not, why. What a request can be adapted to (output limit, kind of
 * thinking, effort, instructions inside the conversation, sampling, betas) rules nothing out; only what the answer
 * depends on does. It compares no costs.
 */
import type { DialectName } from '../dialects/dialect.ts'
import type { RequestNeeds } from '../dialects/request-scan.ts'
import type { Price } from '../pricing/price-book.ts'
import type { Target } from './catalog.ts'

/** Why a target cannot serve a request: the verdict in the decision record. */
export type Ineligibility =
  | 'no_provider'
  | 'not_allowed_for_key'
  | 'cooling_down'
  | 'dialect'
  | 'window'
  | 'tools'
  | 'images'
  | 'documents'
  | 'json_schema'
  | 'forced_tool_choice'
  | 'prefill'
  | 'provider_state'
  | 'unpriced_under_hard_budget'

/** What can be reached now. */
export interface Availability {
  /** The providers configured, and the dialects each speaks. */
  readonly providers: ReadonlyMap<string, readonly DialectName[]>
  /** Targets and providers that are cooling down, by id, until when (ms). */
  readonly cooldowns: Readonly<Record<string, number>>
}

export interface EligibilityInput {
  readonly needs: RequestNeeds
  /** Dialects a provider may be spoken to in: the client's own, and any it can be translated to. */
  readonly dialects: readonly DialectName[]
  /** Prompt tokens of the reference tokenizer. */
  readonly contextTokens: number
  /** The output limit the client set; null: none. */
  readonly outputLimit: number | null
  readonly availability: Availability
  /** The provider that holds what the request refers to; null: it refers to nothing, or nobody here knows. */
  readonly stateProvider: string | null
  readonly hardBudget: boolean
  /** Models or targets the key may use, by id or alias; null or absent: all. */
  readonly allowedModels?: readonly string[] | null
  readonly now: number
}

/** Room for an answer that the window must leave. Above it, the output limit can be lowered to what fits. */
const LEAST_ANSWER_TOKENS = 8192

/** Why the target cannot serve the request; null: it can. */
export function ineligibility(target: Target, price: Price, input: EligibilityInput): Ineligibility | null {
  return (
    elsewhere(target, input) ??
    (isAllowed(target, input.allowedModels ?? null) ? null : 'not_allowed_for_key') ??
    unavailable(target, input) ??
    unableTo(target, input) ??
    (price.status === 'unpriced' && input.hardBudget ? 'unpriced_under_hard_budget' : null)
  )
}

/** Whether a key may use a target: it, or its model by any name, is in the key's list; null: all are. */
export function isAllowed({ id, model }: Target, allowed: readonly string[] | null): boolean {
  return allowed === null || [id, model.id, ...model.aliases].some((name) => allowed.includes(name))
}

/** Another provider holds what the request goes on from: it stays so, whatever becomes of this one. */
function elsewhere({ model }: Target, { stateProvider }: EligibilityInput): Ineligibility | null {
  return stateProvider === null || stateProvider === model.provider ? null : 'provider_state'
}

function unavailable({ id, model }: Target, { availability, now }: EligibilityInput): Ineligibility | null {
  if (!availability.providers.has(model.provider)) return 'no_provider'
  return coolingUntil(id, model.provider, availability) > now ? 'cooling_down' : null
}

/** Until when a target, or its whole provider, is left alone (ms); 0: it is not. */
export function coolingUntil(id: string, provider: string, { cooldowns }: Pick<Availability, 'cooldowns'>): number {
  return Math.max(cooldowns[id] ?? 0, cooldowns[provider] ?? 0)
}

function unableTo(target: Target, input: EligibilityInput): Ineligibility | null {
  const { needs, dialects, availability } = input
  const { capabilities, provider } = target.model
  const spoken = availability.providers.get(provider) ?? []
  const speakable = dialects.filter((name) => capabilities.dialects.includes(name) && spoken.includes(name))
  if (speakable.length === 0) return 'dialect'
  if (!fitsWindow(target, input)) return 'window'
  if (needs.tools && !(capabilities.tools && speakable.some((name) => capabilities.toolDialects.includes(name)))) {
    return 'tools'
  }
  if (needs.images && !capabilities.images) return 'images'
  if (needs.documents && !capabilities.documents) return 'documents'
  if (needs.jsonSchema && !capabilities.jsonSchema) return 'json_schema'
  if (needs.toolChoice === 'forced' && !capabilities.forcedToolChoice) return 'forced_tool_choice'
  return needs.prefill && !capabilities.prefill ? 'prefill' : null
}

function fitsWindow({ model }: Target, { contextTokens, outputLimit }: EligibilityInput): boolean {
  const { windowTokens, maxOutputTokens } = model.capabilities
  const answer = Math.min(outputLimit ?? maxOutputTokens, maxOutputTokens, LEAST_ANSWER_TOKENS)
  return contextTokens * model.tokenizerRatio + answer <= windowTokens
}
