/**
 * Renders a Messages request into the flat list of blocks the model would see, in the order the prompt cache uses:
 * tools, system, messages. `cache_control` is never part of the content, a string is the same as one text block, and
 * deferred tools are not in the prompt.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
import type { ClaudeModel } from './claude-models.ts'
import { arrayOf, isObject, objectOf, stringOf, without, type JsonObject } from './json.ts'
import { readSeal } from './thinking-seal.ts'
import { IMAGE_TOKENS, countTokens, tokensOfBytes } from './token-count.ts'

/** How long a breakpoint asks its entry to live. */
export type CacheTtl = '5m' | '1h'

/** One block of the rendered prompt. */
export interface PromptBlock {
  section: 'tools' | 'system' | 'messages'
  /** `text`, `tool_use`, ... or `tool` for a definition. */
  type: string
  role: string
  /** Where the client sent it, e.g. `messages.2.content.0`. */
  path: string
  /** Canonical content; equal text means equal prefix. */
  rendered: string
  tokens: number
  breakpoint: CacheTtl | null
  content: JsonObject
}

/** The blocks of one message: a string is one text block. */
export function contentBlocks(content: unknown): JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return arrayOf(content).filter(isObject)
}

/** The whole prompt of a request, block by block, for the given model's tokenizer. */
export function renderClaudePrompt(body: JsonObject, model: ClaudeModel): PromptBlock[] {
  const blocks: PromptBlock[] = []
  arrayOf(body.tools).forEach((tool, index) => {
    if (isObject(tool) && tool.defer_loading !== true) blocks.push(block('tools', '', `tools.${index}`, tool, model))
  })
  contentBlocks(body.system).forEach((part, index) => {
    blocks.push(block('system', 'system', `system.${index}`, part, model))
  })
  arrayOf(body.messages).forEach((message, index) => {
    if (isObject(message)) blocks.push(...messageBlocks(message, index, model))
  })
  automaticBreakpoint(body, blocks)
  return blocks
}

function messageBlocks(message: JsonObject, index: number, model: ClaudeModel): PromptBlock[] {
  const role = stringOf(message.role)
  const path = `messages.${index}`
  const parts = contentBlocks(message.content)
  const config = message.output_config ?? null
  if (role === 'system' && config !== null && parts.length === 0) {
    return [block('messages', role, path, { type: 'output_config', output_config: config }, model)]
  }
  return parts.map((part, at) => {
    const content = role === 'system' && config !== null && at === 0 ? { ...part, output_config: config } : part
    return block('messages', role, `${path}.content.${at}`, content, model)
  })
}

function block(
  section: PromptBlock['section'],
  role: string,
  path: string,
  part: JsonObject,
  model: ClaudeModel,
): PromptBlock {
  const content = withoutMarkers(part)
  const type = section === 'tools' ? 'tool' : stringOf(part.type)
  return {
    section,
    role,
    type,
    path,
    content,
    rendered: `${section}\u0000${role}\u0000${JSON.stringify(content)}`,
    tokens: blockTokens(type, content, model.tokenizerRatio),
    breakpoint: breakpointOf(part.cache_control),
  }
}

/** A block without its own cache marker and without those of blocks nested in a tool result. */
export function withoutMarkers(part: JsonObject): JsonObject {
  const bare = without(part, 'cache_control')
  if (bare.type !== 'tool_result' || !Array.isArray(bare.content)) return bare
  return {
    ...bare,
    content: bare.content.map((inner: unknown) => (isObject(inner) ? without(inner, 'cache_control') : inner)),
  }
}

function breakpointOf(marker: unknown): CacheTtl | null {
  if (!isObject(marker)) return null
  return marker.ttl === '1h' ? '1h' : '5m'
}

/** Top-level `cache_control` marks the last block that can carry a marker. */
function automaticBreakpoint(body: JsonObject, blocks: PromptBlock[]): void {
  const ttl = breakpointOf(body.cache_control)
  if (ttl === null) return
  const last = blocks.findLast((candidate) => !['thinking', 'redacted_thinking'].includes(candidate.type))
  if (last !== undefined && last.breakpoint === null) last.breakpoint = ttl
}

function blockTokens(type: string, content: JsonObject, ratio: number): number {
  switch (type) {
    case 'text':
      return countTokens(stringOf(content.text), ratio)
    case 'image':
      return IMAGE_TOKENS
    case 'thinking':
      return thinkingTokens(content, ratio)
    case 'tool_use':
      return countTokens(stringOf(content.name) + JSON.stringify(content.input ?? {}), ratio)
    case 'tool_result':
      return resultTokens(content, ratio)
    case 'document': {
      const data = stringOf(objectOf(content.source).data)
      return data === '' ? countTokens(JSON.stringify(content), ratio) : tokensOfBytes(data.length, ratio)
    }
    default:
      return countTokens(JSON.stringify(content), ratio)
  }
}

/** Thinking counts what it cost to produce, also where its text is hidden; of a foreign block only its text counts. */
function thinkingTokens(content: JsonObject, ratio: number): number {
  const seal = readSeal(stringOf(content.signature))
  return seal?.tokens ?? countTokens(stringOf(content.thinking), ratio)
}

function resultTokens(content: JsonObject, ratio: number): number {
  let tokens = 0
  for (const inner of contentBlocks(content.content)) tokens += blockTokens(stringOf(inner.type), inner, ratio)
  return tokens
}
