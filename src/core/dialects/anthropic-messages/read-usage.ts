/**
 * Usage as the Messages API counts it, in the normal form. Counts on a stream are cumulative: the newer one stands, and
 * a report without any prompt token says nothing about the prompt.
 * See https://platform.claude.com/docs/en/build-with-claude/prompt-caching.
 */
import { isObject, numberOf, objectOf } from '../../chat/json-value.ts'
import { NO_USAGE } from '../../chat/usage.ts'
import type { Usage } from '../../chat/usage.ts'

/** What is known after this report; null: nothing was ever said. */
export function foldUsage(before: Usage | null, report: unknown): Usage | null {
  if (!isObject(report)) return before
  const known = before ?? NO_USAGE
  const written = count(report['cache_creation_input_tokens'])
  const split = objectOf(report['cache_creation'])
  const splitTotal = count(split['ephemeral_5m_input_tokens']) + count(split['ephemeral_1h_input_tokens'])
  // A total without its split keeps the split known before.
  const long =
    splitTotal > 0 ? count(split['ephemeral_1h_input_tokens']) : Math.min(known.cacheWriteLongTokens, written)
  const prompt = {
    inputTokens: count(report['input_tokens']),
    cacheReadTokens: count(report['cache_read_input_tokens']),
    cacheWriteShortTokens: Math.max(written, splitTotal) - long,
    cacheWriteLongTokens: long,
  }
  const told = Object.values(prompt).some((tokens) => tokens > 0)
  const outputTokens = count(report['output_tokens']) || known.outputTokens
  const thinking = count(objectOf(report['output_tokens_details'])['thinking_tokens']) || known.reasoningTokens
  return { ...known, ...(told ? prompt : {}), outputTokens, reasoningTokens: Math.min(thinking, outputTokens) }
}

function count(value: unknown): number {
  return Math.max(0, Math.floor(numberOf(value) ?? 0))
}
