/** Usage in the counts of the Messages API, whose kinds of prompt tokens exclude each other. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
import type { JsonObject } from '../../chat/json-value.ts'
import { NO_USAGE } from '../../chat/usage.ts'
import type { Usage } from '../../chat/usage.ts'

/** The whole `usage` member of a message. */
export function writeUsage(known: Usage | null): JsonObject {
  const usage = known ?? NO_USAGE
  return {
    ...promptCounts(usage),
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteShortTokens,
      ephemeral_1h_input_tokens: usage.cacheWriteLongTokens,
    },
    ...outputCounts(usage),
    service_tier: 'standard',
  }
}

/** The cumulative counts of a `message_delta`. */
export function writeFinalUsage(known: Usage | null): JsonObject {
  const usage = known ?? NO_USAGE
  return { ...promptCounts(usage), ...outputCounts(usage) }
}

function promptCounts(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
  }
}

function outputCounts(usage: Usage): JsonObject {
  const details = { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }
  return { output_tokens: usage.outputTokens, ...(usage.reasoningTokens === 0 ? {} : details) }
}
