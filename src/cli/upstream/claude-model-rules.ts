/**
 * What a particular Claude model refuses: one check for each column of the model table. Throws the 400 with the API's
 * words; decides nothing about money, caches or signatures.
 */
import type { ClaudeModel, Effort } from './claude-models.ts'
import { contentBlocks } from './claude-prompt.ts'
import type { RequestHeaders } from './claude-request-rules.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf, type JsonObject } from './json.ts'
import { invalidRequest } from './wire-error.ts'

/** Runs every check of the model table over a request. */
export function checkModelRules(body: JsonObject, model: ClaudeModel, headers: RequestHeaders): void {
  checkOutputLimit(body, model)
  checkEffort(body, model)
  checkThinkingKind(body, model, headers)
  checkSampling(body, model, headers)
  checkToolChoice(body, model)
  checkSystemMessages(body, model, headers)
  checkPrefill(body, model)
  checkVersion(body, headers)
  checkContextManagement(body, model)
  if (Array.isArray(body.fallbacks) && body.fallbacks.length > 0 && !model.fallbacks) {
    throw invalidRequest(`fallbacks: ${model.id} does not support a fallback list`)
  }
}

function checkOutputLimit(body: JsonObject, model: ClaudeModel): void {
  const asked = numberOf(body.max_tokens)
  if (asked !== null && asked > model.maxOutputTokens) {
    throw invalidRequest(
      `max_tokens: ${asked} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ` +
        stringOf(body.model),
    )
  }
  if (asked === 0 && body.stream === true) throw invalidRequest('max_tokens: 0 is not supported with streaming')
}

const EFFORTS = new Set(['low', 'medium', 'high', 'xhigh', 'max'])

/** The effort a request runs at: what it asks for, or the model's own. Null for models without effort. */
export function effortOf(body: JsonObject, model: ClaudeModel): Effort | null {
  const asked = objectOf(body.output_config).effort
  return (asked as Effort | undefined | null) ?? model.effort?.standard ?? null
}

function checkEffort(body: JsonObject, model: ClaudeModel): void {
  const perMessage = arrayOf(body.messages).map((message) => objectOf(objectOf(message).output_config).effort)
  for (const asked of [objectOf(body.output_config).effort, ...perMessage]) {
    if (asked === undefined || asked === null) continue
    if (typeof asked !== 'string' || !EFFORTS.has(asked)) {
      throw invalidRequest("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    }
    if (model.effort === null) throw invalidRequest('This model does not support the effort parameter.')
    if (!model.effort.levels.includes(asked as Effort)) {
      const levels = model.effort.levels.toSorted().join(', ')
      throw invalidRequest(`This model does not support effort level '${asked}'. Supported levels: ${levels}.`)
    }
  }
}

/** Whether the model thinks on this request. */
export function thinks(body: JsonObject, model: ClaudeModel): boolean {
  const type = objectOf(body.thinking).type
  if (type === undefined) {
    return model.thinking.onByDefault && !forcesTool(body)
  }
  return type !== 'disabled'
}

function forcesTool(body: JsonObject): boolean {
  const type = objectOf(body.tool_choice).type
  return type === 'any' || type === 'tool'
}

function checkThinkingKind(body: JsonObject, model: ClaudeModel, headers: RequestHeaders): void {
  if (body.thinking === undefined || body.thinking === null) return
  const thinking = objectOf(body.thinking)
  const type = stringOf(thinking.type)
  const advice = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
  switch (type) {
    case 'adaptive':
      if (!model.thinking.adaptive) throw invalidRequest('adaptive thinking is not supported on this model')
      break
    case 'enabled':
      if (!model.thinking.budget) {
        throw invalidRequest(`"thinking.type.enabled" is not supported for this model. ${advice}`)
      }
      checkBudget(body, thinking, headers)
      break
    case 'between_tools':
      if (!model.thinking.betweenTools)
        throw invalidRequest('"thinking.type.between_tools" is not supported for this model.')
      break
    case 'disabled':
      checkDisabled(body, model, advice)
      break
    default:
      throw invalidRequest(
        `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: 'adaptive', ` +
          "'between_tools', 'disabled', 'enabled'",
      )
  }
  if (type === 'adaptive' && thinking.budget_tokens !== undefined) {
    throw invalidRequest('thinking.adaptive.budget_tokens: Extra inputs are not permitted')
  }
  checkDisplay(thinking, headers)
}

function checkBudget(body: JsonObject, thinking: JsonObject, headers: RequestHeaders): void {
  const budget = numberOf(thinking.budget_tokens)
  if (budget === null) throw invalidRequest('thinking.enabled.budget_tokens: Field required')
  if (budget < 1024) {
    throw invalidRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  }
  const limit = numberOf(body.max_tokens)
  const interleaved = headers.betas.includes('interleaved-thinking-2025-05-14') && arrayOf(body.tools).length > 0
  if (limit !== null && budget >= limit && !interleaved) {
    throw invalidRequest(
      '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at ' +
        'https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
    )
  }
}

function checkDisabled(body: JsonObject, model: ClaudeModel, advice: string): void {
  if (model.thinking.disabled === 'never') {
    throw invalidRequest(`"thinking.type.disabled" is not supported for this model. ${advice}`)
  }
  const effort = effortOf(body, model)
  if (model.thinking.disabled === 'up-to-high' && (effort === 'xhigh' || effort === 'max')) {
    throw invalidRequest(
      `"thinking.type.disabled" is not supported at effort level '${effort}' for this model. ${advice}`,
    )
  }
}

function checkDisplay(thinking: JsonObject, headers: RequestHeaders): void {
  const { display } = thinking
  if (display === undefined || display === null) return
  const updates = headers.betas.includes('thinking-display-updates-2026-08-18')
  if (display === 'summarized' || display === 'omitted' || (display === 'updates' && updates)) return
  throw invalidRequest("thinking.adaptive.display: Input should be 'summarized' or 'omitted'")
}

function checkSampling(body: JsonObject, model: ClaudeModel, headers: RequestHeaders): void {
  const given = ['temperature', 'top_p', 'top_k'].filter((name) => body[name] !== undefined && body[name] !== null)
  const [first] = given
  if (first === undefined) return
  if (headers.version >= '2026-10-21') {
    throw invalidRequest(`\`${first}\` is not supported with anthropic-version ${headers.version}.`)
  }
  if (model.sampling === 'refused') throw invalidRequest(`\`${first}\` is deprecated for this model.`)
  const changed = given.find((name) => name === 'top_k' || body[name] !== 1)
  if (model.sampling === 'default-only' && changed !== undefined) {
    throw invalidRequest(`\`${changed}\` is deprecated for this model. Only the default value is supported.`)
  }
  if (given.includes('temperature') && given.includes('top_p')) {
    throw invalidRequest('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  const temperature = numberOf(body.temperature)
  if (temperature !== null && (temperature < 0 || temperature > 1)) {
    throw invalidRequest('temperature: range: 0..1')
  }
  if (temperature !== null && temperature !== 1 && thinks(body, model)) {
    throw invalidRequest('`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.')
  }
}

function checkToolChoice(body: JsonObject, model: ClaudeModel): void {
  if (!forcesTool(body)) return
  const asksThinking = isObject(body.thinking) && body.thinking.type !== 'disabled'
  if (asksThinking || !model.forcedToolChoice) {
    throw invalidRequest('Thinking may not be enabled when tool_choice forces tool use.')
  }
}

const PER_MESSAGE = ['per-turn-control-2026-07-01', 'mid-conversation-output-config-2026-07-01']

function checkSystemMessages(body: JsonObject, model: ClaudeModel, headers: RequestHeaders): void {
  const messages = arrayOf(body.messages).map(objectOf)
  messages.forEach((message, index) => {
    if (message.role !== 'system') return
    if (!model.systemRole) throw invalidRequest("role 'system' is not supported on this model")
    if (message.output_config !== undefined && !PER_MESSAGE.some((beta) => headers.betas.includes(beta))) {
      throw invalidRequest(`messages.${index}.output_config: Extra inputs are not permitted`)
    }
    const next = messages[index + 1]
    const silent = contentBlocks(message.content).length === 0
    if (index === 0 && !silent) {
      throw invalidRequest(
        "messages.0: role 'system' must not be the first message; use the top-level `system` parameter",
      )
    }
    if (!silent && next !== undefined && next.role !== 'assistant' && next.role !== 'system') {
      throw invalidRequest(
        `messages.${index}: role 'system' must precede an 'assistant' message or end the array; the directive-only form ` +
          '(content: [] with output_config) is accepted at any position',
      )
    }
  })
}

function checkPrefill(body: JsonObject, model: ClaudeModel): void {
  const last = objectOf(arrayOf(body.messages).findLast((message) => objectOf(message).role !== 'system'))
  if (last.role !== 'assistant') return
  const blocks = contentBlocks(last.content)
  if (!model.prefill) {
    throw invalidRequest(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  if (/\s$/.test(stringOf(blocks.at(-1)?.text))) {
    throw invalidRequest('messages: final assistant content cannot end with trailing whitespace')
  }
}

/** What version 2026-10-21 refuses on every model (sampling is refused with the other sampling rules). */
function checkVersion(body: JsonObject, headers: RequestHeaders): void {
  if (headers.version < '2026-10-21') return
  arrayOf(body.messages).forEach((message, index) => {
    contentBlocks(objectOf(message).content).forEach((block, at) => {
      const path = `messages.${index}.content.${at}`
      const { role } = objectOf(message)
      if (role === 'assistant' && block.type === 'document') {
        throw invalidRequest(`${path}: \`document\` blocks can only be in \`user\` messages`)
      }
      if (role === 'user' && block.type === 'text' && block.citations !== undefined) {
        throw invalidRequest(`${path}.text.citations: Extra inputs are not permitted`)
      }
    })
  })
}

function checkContextManagement(body: JsonObject, model: ClaudeModel): void {
  arrayOf(objectOf(body.context_management).edits).forEach((edit) => {
    if (objectOf(edit).type === 'clear_thinking_20251015' && !thinks(body, model)) {
      throw invalidRequest('`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive')
    }
  })
}
