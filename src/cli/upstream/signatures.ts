/**
 * Thinking signatures of the scripted provider: opaque to the client, bound to the text they sign and, for the models
 * that preserve thinking, to the system prompt, the tools (in any order) and every earlier message. Cache markers are
 * not part of a conversation, and thinking blocks before a block are bound only by their order, so that they may be
 * left out from the front or from the back.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
import { findClaudeModel, readsThinking, type ClaudeModel } from './claude-models.ts'
import { contentBlocks, withoutMarkers } from './claude-prompt.ts'
import { sha256 } from './ids.ts'
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import { readSeal, writeSeal, type Seal } from './thinking-seal.ts'
import { invalidRequest } from './wire-error.ts'

/** A thinking block left out of the prompt, reported as `input_transformations` where the client asked to know. */
export interface DroppedThinking {
  type: 'thinking_dropped'
  path: string
  reason: 'model_binding_mismatch' | 'prefix_binding_mismatch' | 'organization_binding_mismatch'
}

/** How a check treats what does not hold. */
interface SignatureChecks {
  model: ClaudeModel
  /** The account (API key) of the request. */
  account: string
  onMismatch: 'error' | 'drop'
  /** Signatures nobody here made: an error, or taken as they are (lax). */
  acceptForeign: boolean
}

/** What a new thinking block is bound to. */
interface Binding {
  model: ClaudeModel
  account: string
}

const KINDS = new Set(['thinking', 'redacted_thinking'])

/** The signature of thinking produced as the answer to `body`, after `earlier` signatures of the same answer. */
export function signThinking(
  thinking: { text: string; tokens: number },
  body: JsonObject,
  binding: Binding,
  earlier: string[] = [],
): string {
  const seal: Seal = {
    id: sha256(`${Math.random()}${performance.now()}`).slice(0, 16),
    model: binding.model.id,
    account: sha256(binding.account).slice(0, 12),
    text: digest(thinking.text),
    tokens: thinking.tokens,
    ...conversationDigests(body, arrayOf(body.messages).length),
    previous: readSeal(earlier.at(-1) ?? '')?.id ?? lastSealId(body),
  }
  return writeSeal(seal)
}

/**
 * Checks every thinking block of a request. Returns the request as the model sees it (without the blocks it cannot
 * read) and what was dropped. Throws the 400 of a rewritten conversation.
 */
export function checkThinking(
  body: JsonObject,
  checks: SignatureChecks,
): { body: JsonObject; dropped: DroppedThinking[] } {
  const dropped: DroppedThinking[] = []
  let previous: string | null = null
  const messages = arrayOf(body.messages).map((message, index) => {
    if (!isObject(message) || message.role !== 'assistant' || typeof message.content === 'string') return message
    const kept = contentBlocks(message.content).filter((block, at) => {
      if (!KINDS.has(stringOf(block.type))) return true
      const path = `messages.${index}.content.${at}`
      const verdict = judge(block, { body, index, path, previous, checks })
      previous = verdict.sealId ?? previous
      if (verdict.drop !== null) dropped.push({ type: 'thinking_dropped', path, reason: verdict.drop })
      return verdict.drop === null
    })
    return { ...message, content: kept }
  })
  return { body: dropped.length === 0 ? body : { ...body, messages }, dropped }
}

interface Place {
  body: JsonObject
  index: number
  path: string
  previous: string | null
  checks: SignatureChecks
}

function judge(block: JsonObject, place: Place): { sealId: string | null; drop: DroppedThinking['reason'] | null } {
  const { checks, path } = place
  const seal = readSeal(stringOf(block.signature, stringOf(block.data)))
  if (seal === null) {
    if (checks.acceptForeign) return { sealId: null, drop: null }
    throw invalidRequest(`${path}: Invalid \`signature\` in \`thinking\` block`)
  }
  const shown = stringOf(block.thinking)
  if (shown !== '' && digest(shown) !== seal.text) {
    throw invalidRequest(`${path}: Invalid \`signature\` in \`thinking\` block`)
  }
  const maker = findClaudeModel(seal.model)
  if (maker === null || !readsThinking(checks.model, maker)) return { sealId: seal.id, drop: 'model_binding_mismatch' }
  if (maker.accountBound && seal.account !== sha256(checks.account).slice(0, 12)) {
    return { sealId: seal.id, drop: 'organization_binding_mismatch' }
  }
  const difference = maker.bindsThinking ? differenceOf(seal, place) : null
  if (difference === null) return { sealId: seal.id, drop: null }
  if (checks.onMismatch === 'drop') return { sealId: seal.id, drop: 'prefix_binding_mismatch' }
  throw invalidRequest(
    `${path}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation. Remove the ` +
      'block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block". That setting requires the ' +
      `\`thinking-binding-controls-2026-08-01\` value in the \`anthropic-beta\` header. ${difference}`,
  )
}

/** Which part of the conversation differs, in the API's words, or null when all holds. */
function differenceOf(seal: Seal, place: Place): string | null {
  const now = conversationDigests(place.body, place.index)
  if (now.system !== seal.system) return 'The `system` prompt differs from the one this block was created with.'
  if (now.tools !== seal.tools) return 'The `tools` differ from the ones this block was created with.'
  if (now.messages !== seal.messages) return 'The messages before this block differ from the ones it was created with.'
  if (place.previous !== null && place.previous !== seal.previous) {
    return 'The `thinking` block that preceded this one when it was created is missing from this request.'
  }
  return null
}

function conversationDigests(body: JsonObject, messageCount: number): Pick<Seal, 'tools' | 'system' | 'messages'> {
  const tools = arrayOf(body.tools).filter(isObject)
  const rendered = tools.map((tool) => JSON.stringify(withoutMarkers(tool))).toSorted()
  const earlier = arrayOf(body.messages).slice(0, messageCount).filter(isObject)
  return {
    tools: digest(rendered.join('\n')),
    system: digest(JSON.stringify(contentBlocks(body.system).map(withoutMarkers))),
    messages: digest(earlier.map(renderMessage).join('\n')),
  }
}

function renderMessage(message: JsonObject): string {
  const blocks = contentBlocks(message.content).filter((block) => !KINDS.has(stringOf(block.type)))
  return JSON.stringify([message.role, blocks.map(withoutMarkers), message.output_config ?? null])
}

function lastSealId(body: JsonObject): string | null {
  let last: string | null = null
  for (const message of arrayOf(body.messages)) {
    for (const block of contentBlocks(objectOf(message).content)) {
      if (KINDS.has(stringOf(block.type))) last = readSeal(stringOf(block.signature))?.id ?? last
    }
  }
  return last
}

function digest(text: string): string {
  return sha256(text).slice(0, 16)
}
