/**
 * Usage as both OpenAI dialects report it: the prompt's total includes what was read from and written to a cache.
 * See https://developers.openai.com/api/docs/guides/prompt-caching.
 */
import type { Usage } from '../chat/usage.ts'
import type { Json } from './json-reading.ts'
import { record, tokens } from './json-reading.ts'

/** The names that differ between the dialects. */
export interface UsageNames {
  readonly prompt: string
  readonly promptDetails: string
  readonly output: string
  readonly outputDetails: string
}

/** The normal form, its kinds disjoint. A detail larger than its total is cut to it. */
export function openAiUsage(raw: Json, names: UsageNames): Usage {
  const prompt = tokens(raw[names.prompt])
  const output = tokens(raw[names.output])
  const details = record(raw[names.promptDetails])
  // Some compatible servers count cache hits beside the details.
  const read = Math.min(prompt, tokens(details['cached_tokens']) || tokens(raw['prompt_cache_hit_tokens']))
  const split = record(details['cache_write_tokens_details'])
  const written = Math.min(prompt - read, tokens(details['cache_write_tokens']))
  const long = Math.min(written, tokens(split['ttl_12h_tokens']))
  return {
    inputTokens: prompt - read - written,
    cacheReadTokens: read,
    cacheWriteShortTokens: written - long,
    cacheWriteLongTokens: long,
    outputTokens: output,
    reasoningTokens: Math.min(output, tokens(record(raw[names.outputDetails])['reasoning_tokens'])),
  }
}
