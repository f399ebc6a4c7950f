/** Counts, caches and usage of OpenAI prompts: the part Chat Completions and Responses share. */
import { isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import type { OpenAiModel } from './openai-models.ts'
import type { PrefixOutcome, PrefixPiece } from './prefix-cache.ts'
import { NO_TOKENS, type TokensByKind } from './recording.ts'
import type { UpstreamState } from './state.ts'
import { IMAGE_TOKENS, countTokens } from './token-count.ts'

/** Four bytes a token for every OpenAI model. */
export const OPENAI_RATIO = 1

/** What the cache says about a prompt, and how to note it once the answer starts. */
export interface PromptBill {
  tokens: number
  outcome: PrefixOutcome
  billed: TokensByKind
  commit: () => void
}

/** A piece of the prompt: its JSON is the text, images are a flat charge. */
export function pieceOf(part: unknown): PrefixPiece {
  const text = JSON.stringify(part)
  const content = isObject(part) && typeof part.content === 'string' ? part.content : text
  const images = countImages(part)
  const words = images === 0 ? content : text.replaceAll(/"data:[^"]*"/g, '""')
  return { text, tokens: countTokens(words, OPENAI_RATIO) + images * IMAGE_TOKENS, breakpoint: breakpointIn(part) }
}

function countImages(part: unknown): number {
  const content = isObject(part) && Array.isArray(part.content) ? part.content : []
  return content.filter((inner) => ['image_url', 'input_image'].includes(stringOf(objectOf(inner).type))).length
}

function breakpointIn(part: unknown): PrefixPiece['breakpoint'] {
  const content = isObject(part) && Array.isArray(part.content) ? part.content : [part]
  const marker = content.map((inner) => objectOf(inner).prompt_cache_breakpoint).findLast((found) => isObject(found))
  if (!isObject(marker)) return null
  return marker.ttl === '12h' || marker.ttl === '30m' ? marker.ttl : 'inherit'
}

/** Looks the prompt up in the cache and bills it by kind. */
export function billPrompt(
  pieces: PrefixPiece[],
  request: { state: UpstreamState; body: JsonObject; model: OpenAiModel; account: string },
): PromptBill {
  const { state, body, model, account } = request
  const options = objectOf(body.prompt_cache_options)
  const { outcome, commit } = state.prefixCache.plan(pieces, {
    owner: `${account} ${model.id}`,
    cacheKey: stringOf(body.prompt_cache_key),
    billsWrites: model.billsCacheWrites,
    mode: options.mode === 'explicit' ? 'explicit' : 'implicit',
    ttl: options.ttl === '12h' ? '12h' : '30m',
    keepsADay: body.prompt_cache_retention === '24h',
    startedAt: state.now(),
  })
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  const written = outcome.write30mTokens + outcome.write12hTokens
  const billed = {
    ...NO_TOKENS,
    input: tokens - outcome.cachedTokens - written,
    cacheRead: outcome.cachedTokens,
    cacheWrite30m: outcome.write30mTokens,
    cacheWrite12h: outcome.write12hTokens,
  }
  return { tokens, outcome, billed, commit }
}

/** The members of a details object that say what the cache did; newer models also say what they wrote. */
export function cacheDetails(bill: PromptBill, model: OpenAiModel): JsonObject {
  const cached = { cached_tokens: bill.outcome.cachedTokens }
  if (!model.billsCacheWrites) return cached
  return { ...cached, cache_write_tokens: bill.outcome.write30mTokens + bill.outcome.write12hTokens }
}

const REASONING_TOKENS: Record<string, number> = { none: 0, minimal: 0, low: 16, medium: 64, high: 128, xhigh: 256 }

/** Tokens a model reasons by itself at an effort. */
export function reasoningTokens(model: OpenAiModel, effort: unknown): number {
  if (!model.reasoning) return 0
  return REASONING_TOKENS[stringOf(effort, model.efforts[0] ?? 'none')] ?? 0
}
