/**
 * What the Messages API refuses whatever the model: shape, pairing of tool calls and results, empty blocks, cache
 * markers, betas. Throws the 400 with the API's words.
 * https://platform.claude.com/docs/en/api/messages
 */
import { contentBlocks, type PromptBlock } from './claude-prompt.ts'
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import { invalidRequest } from './wire-error.ts'

/** What a request says besides its body. */
export interface RequestHeaders {
  version: string
  betas: string[]
}

/** The versions the API answers to. */
export const API_VERSIONS = ['2023-01-01', '2023-06-01', '2026-10-21']

const BETAS =
  'computer-use-2024-10-22 computer-use-2025-01-24 computer-use-2025-11-24 output-128k-2025-02-19 mcp-client-2025-04-04 ' +
  'mcp-client-2025-11-20 mcp-client-2026-09-15 dev-full-thinking-2025-05-14 interleaved-thinking-2025-05-14 ' +
  'code-execution-2025-05-22 code-execution-2025-08-25 context-1m-2025-08-07 context-management-2025-06-27 ' +
  'model-context-window-exceeded-2025-08-26 fast-mode-2026-02-01 output-300k-2026-03-24 advisor-tool-2026-03-01 ' +
  'thinking-token-count-2026-05-13 server-side-fallback-2026-06-01 server-side-fallback-2026-07-01 ' +
  'fallback-credit-2026-06-01 fallback-credit-2026-07-01 mid-conversation-tool-changes-2026-07-01 compact-2026-01-12 ' +
  'compact-2026-09-04 structured-outputs-2025-11-13 structured-outputs-2025-12-15 task-budgets-2026-03-13 ' +
  'thinking-display-updates-2026-08-18 mid-conversation-output-config-2026-07-01 thinking-binding-controls-2026-08-01 ' +
  'mid-conversation-system-clear-at-2026-08-21 inline-tools-2026-09-15 message-threads-2026-08-12 ' +
  'message-batches-2024-09-24 prompt-caching-2024-07-31 pdfs-2024-09-25 token-counting-2024-11-01 ' +
  'token-efficient-tools-2025-02-19 fine-grained-tool-streaming-2025-05-14 files-api-2025-04-14 ' +
  'extended-cache-ttl-2025-04-11 skills-2025-10-02 cache-diagnosis-2026-04-07 claude-code-20250219 ' +
  'per-turn-control-2026-07-01 advanced-tool-use-2025-11-20 effort-2025-11-24 redact-thinking-2026-02-12 ' +
  'prompt-caching-scope-2026-01-05 oauth-2025-04-20 web-fetch-2025-09-10 tool-search-tool-2025-10-19'
const KNOWN_BETAS = new Set(BETAS.split(' '))

const FIELDS = new Set(
  (
    'model messages max_tokens system tools tool_choice metadata stream stop_sequences temperature top_p top_k thinking ' +
    'output_config service_tier container inference_geo cache_control'
  ).split(' '),
)

/** Fields of the body that need one of these betas. */
const BETA_FIELDS: Record<string, string[]> = {
  context_management: ['context-management-2025-06-27', 'compact-2026-01-12'],
  thread: ['message-threads-2026-08-12'],
  fallbacks: ['server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01'],
  fallback_credit_token: ['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01'],
  speed: ['fast-mode-2026-02-01'],
  mcp_servers: ['mcp-client-2025-04-04', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15'],
  output_format: ['structured-outputs-2025-11-13'],
  compaction: ['compact-2026-09-04'],
  diagnostics: ['cache-diagnosis-2026-04-07'],
}

/** Refuses unknown API versions, unknown beta values, and fields that are unknown or need a beta that was not sent. */
export function checkHeadersAndFields(body: JsonObject, headers: RequestHeaders): void {
  const unknown = headers.betas.filter((beta) => !KNOWN_BETAS.has(beta))
  if (unknown.length > 0) {
    throw invalidRequest(
      `Unexpected value(s) ${unknown.map((beta) => `\`${beta}\``).join(', ')} for the \`anthropic-beta\` header. Please ` +
        'consult our documentation at docs.claude.com or try again without the header.',
    )
  }
  for (const field of Object.keys(body)) {
    const betas = BETA_FIELDS[field]
    const allowed = betas === undefined ? FIELDS.has(field) : betas.some((beta) => headers.betas.includes(beta))
    if (!allowed) throw invalidRequest(`${field}: Extra inputs are not permitted`)
  }
}

/** Refuses bodies whose required fields are missing or of the wrong kind. */
export function checkShape(body: JsonObject, options: { countsOnly: boolean }): void {
  if (typeof body.model !== 'string') throw invalidRequest('model: Field required')
  if (!options.countsOnly) checkMaxTokens(body.max_tokens)
  if (body.messages === undefined) throw invalidRequest('messages: Field required')
  if (!Array.isArray(body.messages)) throw invalidRequest('messages: Input should be a valid list')
  if (body.messages.length === 0) throw invalidRequest('messages: at least one message is required')
  if (body.system !== undefined && typeof body.system !== 'string' && !Array.isArray(body.system)) {
    throw invalidRequest('system: Input should be a valid string or list')
  }
  body.messages.forEach((message, index) => checkMessage(message, index))
  body.messages.slice(0, -1).forEach((message, index) => checkNotEmpty(objectOf(message), index))
  arrayOf(body.tools).forEach((tool, index) => {
    const kind = stringOf(objectOf(tool).type, 'custom')
    if (!isObject(tool) || typeof tool.name !== 'string')
      throw invalidRequest(`tools.${index}.${kind}.name: Field required`)
    if (kind === 'custom' && !isObject(tool.input_schema)) {
      throw invalidRequest(`tools.${index}.custom.input_schema: Field required`)
    }
  })
  checkToolNames(body)
}

function checkMaxTokens(value: unknown): void {
  if (value === undefined) throw invalidRequest('max_tokens: Field required')
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalidRequest('max_tokens: Input should be a valid integer')
  }
  if (value < 0) throw invalidRequest('max_tokens: must be greater than or equal to 0')
}

function checkToolNames(body: JsonObject): void {
  const seen = new Set<string>()
  for (const tool of arrayOf(body.tools)) {
    const name = stringOf(objectOf(tool).name)
    if (seen.has(name)) throw invalidRequest('tools: Tool names must be unique.')
    seen.add(name)
  }
  const choice = objectOf(body.tool_choice)
  if (choice.type === 'tool' && !seen.has(stringOf(choice.name))) {
    throw invalidRequest(`tool_choice: Tool '${stringOf(choice.name)}' not found in provided tools`)
  }
  if ((choice.type === 'any' || choice.type === 'tool' || choice.type === 'auto') && seen.size === 0) {
    throw invalidRequest('tool_choice: tool_choice may only be specified while providing tools.')
  }
}

const ROLES = new Set(['user', 'assistant', 'system'])

function checkMessage(message: unknown, index: number): void {
  if (!isObject(message)) throw invalidRequest(`messages.${index}: Input should be an object`)
  const role = stringOf(message.role)
  if (!ROLES.has(role)) {
    throw invalidRequest(`messages: Unexpected role "${role}". Allowed roles are "user" or "assistant".`)
  }
  const bare = message.content === undefined && role === 'system' && message.output_config !== undefined
  if (bare) return
  if (typeof message.content !== 'string' && !Array.isArray(message.content)) {
    throw invalidRequest(`messages.${index}.content: Field required`)
  }
  const empty = message.content.length === 0
  if (empty && role === 'user') throw invalidRequest(`messages.${index}: user messages must have non-empty content`)
  contentBlocks(message.content).forEach((block, at) => checkBlock(block, role, `messages.${index}.content.${at}`))
}

function checkNotEmpty(message: JsonObject, index: number): void {
  if (message.role !== 'assistant' || contentBlocks(message.content).length > 0) return
  throw invalidRequest(
    `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
  )
}

const BLOCKS: Record<string, string[]> = {
  text: ['user', 'assistant', 'system'],
  image: ['user'],
  document: ['user', 'assistant'],
  search_result: ['user'],
  tool_result: ['user'],
  tool_use: ['assistant'],
  thinking: ['assistant'],
  redacted_thinking: ['assistant'],
}

function checkBlock(block: JsonObject, role: string, path: string): void {
  const type = stringOf(block.type)
  if (type === '') throw invalidRequest(`${path}.type: Field required`)
  const roles = BLOCKS[type]
  if (roles !== undefined && !roles.includes(role)) {
    throw invalidRequest(`${path}: \`${type}\` blocks can only be in \`${roles.join('` or `')}\` messages`)
  }
  if (type === 'text') checkText(block, path)
  if (type === 'tool_use') {
    if (!/^[\w-]+$/.test(stringOf(block.id))) {
      throw invalidRequest(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
    }
    if (!isObject(block.input)) throw invalidRequest(`${path}.tool_use.input: Input should be an object`)
  }
  if (type === 'thinking' && typeof block.signature !== 'string') {
    throw invalidRequest(`${path}.thinking.signature: Field required`)
  }
  if ((type === 'thinking' || type === 'redacted_thinking') && isObject(block.cache_control)) {
    throw invalidRequest(`${path}.${type}.cache_control: Extra inputs are not permitted`)
  }
}

function checkText(block: JsonObject, path: string): void {
  const text = stringOf(block.text)
  if (text.trim() !== '') return
  if (text !== '') throw invalidRequest('messages: text content blocks must contain non-whitespace text')
  if (isObject(block.cache_control)) {
    throw invalidRequest(`${path}.text: cache_control cannot be set for empty text blocks`)
  }
  throw invalidRequest('messages: text content blocks must be non-empty')
}

/** Every `tool_use` is answered in the next message, and every `tool_result` answers one of the message before. */
export function checkToolPairs(body: JsonObject): void {
  const messages = arrayOf(body.messages)
    .map((message, index) => ({ message: objectOf(message), index }))
    .filter(({ message }) => message.role !== 'system')
  messages.forEach(({ message, index }, at) => {
    const asked = idsOf(messages[at - 1]?.message, 'tool_use', 'id')
    contentBlocks(message.content).forEach((block, place) => {
      if (block.type !== 'tool_result' || asked.includes(stringOf(block.tool_use_id))) return
      throw invalidRequest(
        `messages.${index}.content.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ` +
          `${stringOf(block.tool_use_id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the ` +
          'previous message.',
      )
    })
    const open = idsOf(message, 'tool_use', 'id')
    const answered = leadingResults(messages[at + 1]?.message)
    const missing = open.filter((id) => !answered.includes(id))
    if (missing.length > 0) {
      throw invalidRequest(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
          `${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      )
    }
  })
  checkUniqueIds(messages.map(({ message }) => message))
}

function idsOf(message: JsonObject | undefined, type: string, field: string): string[] {
  if (message === undefined) return []
  return contentBlocks(message.content)
    .filter((block) => block.type === type)
    .map((block) => stringOf(block[field]))
}

/** Results count only at the beginning of a message: text may follow them, not precede them. */
function leadingResults(message: JsonObject | undefined): string[] {
  const blocks = contentBlocks(message?.content)
  const end = blocks.findIndex((block) => block.type !== 'tool_result')
  return blocks.slice(0, end < 0 ? blocks.length : end).map((block) => stringOf(block.tool_use_id))
}

function checkUniqueIds(messages: JsonObject[]): void {
  const uses = messages.flatMap((message) => idsOf(message, 'tool_use', 'id'))
  if (new Set(uses).size !== uses.length) throw invalidRequest('messages: `tool_use` ids must be unique')
}

/** At most four breakpoints, well formed, and none of an hour after one of five minutes. */
export function checkBreakpoints(body: JsonObject, blocks: readonly PromptBlock[]): void {
  const marked = blocks.filter((block) => block.breakpoint !== null)
  const found = marked.length
  if (found > 4) throw invalidRequest(`A maximum of 4 blocks with cache_control may be provided. Found ${found}.`)
  let short = false
  for (const block of marked) {
    if (block.breakpoint === '1h' && short) {
      throw invalidRequest(
        `${block.path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control ` +
          'block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
      )
    }
    short ||= block.breakpoint === '5m'
  }
  for (const marker of allMarkers(body)) {
    if (marker.type !== 'ephemeral') throw invalidRequest("cache_control.type: Input should be 'ephemeral'")
    if (marker.ttl !== undefined && marker.ttl !== '5m' && marker.ttl !== '1h') {
      throw invalidRequest("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    }
  }
}

function allMarkers(body: JsonObject): JsonObject[] {
  const parts = [
    body,
    ...arrayOf(body.tools),
    ...contentBlocks(body.system),
    ...arrayOf(body.messages).flatMap((message) => contentBlocks(objectOf(message).content)),
  ]
  return parts.map((part) => objectOf(part).cache_control).filter(isObject)
}
