/**
 * Usage in the counts of the Responses API, whose input includes what was read from and written to a cache.
 * See https://developers.openai.com/api/docs/guides/prompt-caching.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject } from '../../chat/json-value.ts'
import type { Usage } from '../../chat/usage.ts'
import { promptTokens } from '../../chat/usage.ts'
import { openAiUsage } from '../../metering/openai-usage.ts'

const NAMES = {
  prompt: 'input_tokens',
  promptDetails: 'input_tokens_details',
  output: 'output_tokens',
  outputDetails: 'output_tokens_details',
} as const

/** null: the provider did not say. */
export function readUsage(usage: unknown): Usage | null {
  return isObject(usage) ? openAiUsage(usage, NAMES) : null
}

export function writeUsage(usage: Usage): JsonObject {
  const input = promptTokens(usage)
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  }
}
