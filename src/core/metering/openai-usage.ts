/**
 * Usage as both OpenAI dialects report it: the prompt's total includes what was read from and written to a cache.
 * See https://developers.openai.com/api/docs/guides/prompt-caching.
 */
import { NO_USAGE, type Usage } from '../chat/usage.ts'
import type { Json } from './json-reading.ts'
import { count, record, tokens } from './json-reading.ts'
import type { ReadingDraft } from './stream-reading.ts'
import { noteImpossibleCounts, noteOutputCount } from './usage-report.ts'

/** The names that differ between the dialects. */
export interface UsageNames {
  readonly prompt: string
  readonly promptDetails: string
  readonly output: string
  readonly outputDetails: string
}

/** Reads a report of usage into the draft. */
export function readOpenAiUsage(draft: ReadingDraft, raw: Json, names: UsageNames): void {
  noteImpossibleCounts(draft, raw, [names.prompt, names.output])
  noteOutputCount(draft, raw[names.output])
  draft.usage = openAiUsage(raw, names, draft.usage)
}

/**
 * The normal form, its kinds disjoint. A detail larger than its total is cut to it.
 * @param before what was reported before, to be folded into (`usage-report.ts`)
 */
export function openAiUsage(raw: Json, names: UsageNames, before: Usage = NO_USAGE): Usage {
  const outputTokens = tokens(raw[names.output]) || before.outputTokens
  const reasoning = tokens(record(raw[names.outputDetails])['reasoning_tokens']) || before.reasoningTokens
  return { ...foldPrompt(before, raw, names), outputTokens, reasoningTokens: Math.min(outputTokens, reasoning) }
}

function foldPrompt(before: Usage, raw: Json, names: UsageNames): Usage {
  const prompt = tokens(raw[names.prompt])
  if (prompt === 0) return before
  const details = record(raw[names.promptDetails])
  // Some compatible servers count cache hits beside the details.
  const hits = count(raw['prompt_cache_hit_tokens']) ?? unlessNamed(details, 'cached_tokens', before.cacheReadTokens)
  const read = Math.min(prompt, tokens(details['cached_tokens']) || hits)
  const split = record(details['cache_write_tokens_details'])
  const known = before.cacheWriteShortTokens + before.cacheWriteLongTokens
  const written = Math.min(
    prompt - read,
    tokens(details['cache_write_tokens']) || unlessNamed(details, 'cache_write_tokens', known),
  )
  const long = Math.min(
    written,
    tokens(split['ttl_12h_tokens']) || unlessNamed(split, 'ttl_12h_tokens', before.cacheWriteLongTokens),
  )
  return {
    ...before,
    inputTokens: prompt - read - written,
    cacheReadTokens: read,
    cacheWriteShortTokens: written - long,
    cacheWriteLongTokens: long,
  }
}

/** What was known of a kind that the report does not name. */
function unlessNamed(details: Json, name: string, known: number): number {
  return count(details[name]) === null ? known : 0
}
