/**
 * An Anthropic Messages request made acceptable to the model that will answer it: output limit, thinking, effort,
 * sampling, betas with the fields that need them, instructions inside the conversation, thinking that another provider
 * has signed. API: https://platform.claude.com/docs/en/api/messages. It never touches system, tools, or what a message
 * says.
 */
import type { AdaptInput, Adaptation, AdaptationDraft } from '../adaptation.ts'
import {
  acceptedEffort,
  dropInner,
  dropSampling,
  finishAdaptation,
  innerObject,
  isRerouted,
  limitOutput,
  noteEffort,
  noteForeign,
  startAdaptation,
} from '../adaptation.ts'
import { arrayElements, memberValue, smallValue } from '../json-members.ts'
import { asciiJson, editField, removeElements } from '../passthrough.ts'
import { planThinking } from '../thinking-plan.ts'
import type { ThinkingPlan } from '../thinking-plan.ts'
import { adaptInstructions } from './adapt-instructions.ts'
import { foreignThinking } from './foreign-thinking.ts'
import { isRejectedBeta, splitBetas } from './betas.ts'

const SAMPLING = ['temperature', 'top_p', 'top_k']

/** From this version on, any sampling parameter is a 400 on every model. */
const NO_SAMPLING_VERSION = '2026-10-21'

/** Top-level fields that only mean something with a beta, by the beta's name without its date. */
const FIELD_OF_BETA: Readonly<Record<string, string>> = {
  'context-management': 'context_management',
  'fast-mode': 'speed',
  'server-side-fallback': 'fallbacks',
  'message-threads': 'thread',
}

/** The edits and header changes for one target; see `Adaptation`. */
export function adaptRequest(input: AdaptInput): Adaptation {
  const draft = startAdaptation(input)
  limitOutput(draft, input, 'max_tokens')
  const asked = isRerouted(input) ? adaptToModel(draft, input) : (input.scan.needs.thinking?.budgetTokens ?? null)
  const budget = dropForeignThinking(draft, input, asked)
  if (budget !== null && (input.maxOutputTokens ?? Infinity) <= budget) draft.notServable = 'budget_below_thinking'
  if (rejectsSampling(input, budget)) dropSampling(draft, input, SAMPLING)
  return finishAdaptation(draft)
}

/**
 * Returns the thinking budget that is left. With one, the message that calls the tools whose results now come must begin
 * with its thinking: where that was another provider's, the call goes without thinking.
 */
function dropForeignThinking(draft: AdaptationDraft, input: AdaptInput, budget: number | null): number | null {
  const { scan, foreign } = input
  if (foreign === undefined || foreign.size === 0) return budget
  draft.inner.push(...foreignThinking(scan, foreign))
  noteForeign(draft, foreign.size)
  const inToolLoop = foreign.has(scan.lastAssistant) && scan.messages[scan.lastAssistant]!.toolCalls > 0
  if (budget === null || !inToolLoop) return budget
  draft.changes.set('thinking', null)
  draft.adaptations.push(`thinking:budget(${budget})->dropped`)
  draft.lost.push('thinking')
  return null
}

/** Returns the thinking budget the request will carry, null without one. */
function adaptToModel(draft: AdaptationDraft, input: AdaptInput): number | null {
  const { needs, outputLimit } = input.scan
  const most = outputLimit === null ? null : Math.min(outputLimit.tokens, input.capabilities.maxOutputTokens)
  const plan = safeInToolLoop(input, planThinking(needs, input.capabilities, most))
  const budget = adaptThinking(draft, input, plan)
  adaptEffort(draft, input, plan)
  adaptBetas(draft, input)
  adaptContextManagement(draft, input, plan)
  adaptInstructions(draft, input)
  return budget
}

function rejectsSampling(input: AdaptInput, budget: number | null): boolean {
  if ((input.headers['anthropic-version'] ?? '') >= NO_SAMPLING_VERSION) return true
  if (!isRerouted(input)) return false
  // With a budget, thinking and sampling exclude each other.
  return !input.capabilities.sampling || (budget !== null && input.scan.needs.thinking?.kind !== 'budget')
}

/**
 * With a budget, an assistant message that calls tools must begin with its thinking. One written without thinking
 * therefore cannot be continued with a budget the client never asked for: the call goes without thinking.
 */
function safeInToolLoop(input: AdaptInput, plan: ThinkingPlan): ThinkingPlan {
  if (plan.kind !== 'budget' || input.scan.needs.thinking?.kind === 'budget') return plan
  const last = input.scan.messages[input.scan.lastAssistant]
  return last !== undefined && last.toolCalls > 0 && last.thinkingBlocks === 0 ? { kind: 'omitted' } : plan
}

/** Returns the budget the request will carry, null without one. */
function adaptThinking(draft: AdaptationDraft, input: AdaptInput, plan: ThinkingPlan): number | null {
  const asked = input.scan.needs.thinking
  if (plan.kind === 'unchanged' || asked === null) {
    dropUnknownDisplay(draft, input)
    return asked?.kind === 'budget' ? (asked.budgetTokens ?? null) : null
  }
  const from = asked.budgetTokens === undefined ? asked.kind : `budget(${asked.budgetTokens})`
  if (plan.kind === 'omitted') {
    draft.changes.set('thinking', null)
    draft.adaptations.push(`thinking:${from}->dropped`)
    draft.lost.push(asked.kind === 'disabled' ? 'thinking:disabled' : 'thinking')
    return null
  }
  const display = keptDisplay(input)
  if (plan.kind === 'adaptive') {
    draft.changes.set('thinking', asciiJson({ type: 'adaptive', ...display }))
    draft.adaptations.push(`thinking:${from}->adaptive`)
    return null
  }
  draft.changes.set('thinking', asciiJson({ type: 'enabled', budget_tokens: plan.budgetTokens, ...display }))
  draft.adaptations.push(`thinking:${from}->budget(${plan.budgetTokens})`)
  return plan.budgetTokens
}

/** The displays every model with thinking knows; others need a beta. */
function keptDisplay(input: AdaptInput): { display?: string } {
  const display = displayAsked(input)
  return display === 'summarized' || display === 'omitted' ? { display } : {}
}

function displayAsked(input: AdaptInput): unknown {
  const thinking = innerObject(input, input.scan.fields.get('thinking'))
  return smallValue(input.scan.body.bytes, memberValue(thinking, 'display'))
}

function dropUnknownDisplay(draft: AdaptationDraft, input: AdaptInput): void {
  if (displayAsked(input) !== 'updates' || !isRejectedBeta('thinking-display-updates', input.capabilities)) return
  dropInner(draft, input, { field: 'thinking', name: 'display' })
  draft.adaptations.push('thinking_display:dropped')
}

function adaptEffort(draft: AdaptationDraft, input: AdaptInput, plan: ThinkingPlan): void {
  const asked = input.scan.needs.effort
  const config = innerObject(input, input.scan.fields.get('output_config'))
  if (asked === null || config === null) return
  const staysDisabled = input.scan.needs.thinking?.kind === 'disabled' && plan.kind === 'unchanged'
  const highest = staysDisabled ? input.capabilities.disabledThinkingEffort : null
  const sent = acceptedEffort(asked, input.capabilities.efforts, highest)
  if (sent === asked) return
  if (sent === null) dropInner(draft, input, { field: 'output_config', name: 'effort' })
  else draft.inner.push(...editField(config, 'effort', asciiJson(sent)))
  noteEffort(draft, asked, sent)
}

function adaptBetas(draft: AdaptationDraft, input: AdaptInput): void {
  const { kept, dropped } = splitBetas(input.headers['anthropic-beta'], input.capabilities)
  if (dropped.length > 0) {
    draft.headers['anthropic-beta'] = kept.length === 0 ? null : kept.join(',')
    draft.adaptations.push(`betas:dropped(${dropped.join(',')})`)
  }
  for (const [beta, field] of Object.entries(FIELD_OF_BETA)) {
    if (!isRejectedBeta(beta, input.capabilities) || !input.scan.fields.has(field)) continue
    draft.changes.set(field, null)
    draft.adaptations.push(`${field}:dropped`)
    draft.lost.push(field)
  }
}

/** Clearing old thinking is a 400 where the model will not think. */
function adaptContextManagement(draft: AdaptationDraft, input: AdaptInput, plan: ThinkingPlan): void {
  if (draft.changes.has('context_management') || willThink(input, plan)) return
  const { bytes } = input.scan.body
  const management = innerObject(input, input.scan.fields.get('context_management'))
  const list = memberValue(management, 'edits')
  const elements = list === undefined ? null : arrayElements(bytes, list.start)
  if (elements === null) return
  const gone = new Set<number>()
  for (const [index, element] of elements.entries()) {
    const type = smallValue(bytes, memberValue(innerObject(input, element), 'type'))
    if (typeof type === 'string' && type.startsWith('clear_thinking_')) gone.add(index)
  }
  if (gone.size === 0) return
  if (gone.size === elements.length) draft.changes.set('context_management', null)
  else draft.inner.push(...removeElements(elements, gone))
  draft.adaptations.push('context_management:clear_thinking_dropped')
}

function willThink(input: AdaptInput, plan: ThinkingPlan): boolean {
  if (plan.kind === 'adaptive' || plan.kind === 'budget') return true
  const asked = input.scan.needs.thinking
  if (plan.kind === 'omitted' || asked === null || asked.kind === 'effort-only')
    return input.capabilities.thinksByDefault
  return asked.kind !== 'disabled'
}
