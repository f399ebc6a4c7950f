/**
 * Usage in the counts of Chat Completions, whose prompt includes what was read from and written to a cache.
 * See https://developers.openai.com/api/docs/guides/prompt-caching.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject } from '../../chat/json-value.ts'
import type { Usage } from '../../chat/usage.ts'
import { promptTokens } from '../../chat/usage.ts'
import { openAiUsage } from '../../metering/openai-usage.ts'

const NAMES = {
  prompt: 'prompt_tokens',
  promptDetails: 'prompt_tokens_details',
  output: 'completion_tokens',
  outputDetails: 'completion_tokens_details',
} as const

/** null: the provider did not say. */
export function readUsage(usage: unknown): Usage | null {
  return isObject(usage) ? openAiUsage(usage, NAMES) : null
}

export function writeUsage(usage: Usage): JsonObject {
  const prompt = promptTokens(usage)
  const written = usage.cacheWriteShortTokens + usage.cacheWriteLongTokens
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(written === 0 ? {} : { cache_write_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}
