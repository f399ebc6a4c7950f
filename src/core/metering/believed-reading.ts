/**
 * Counts that cannot be true are taken for not told. Only what no model could do is doubted: any other number is the
 * provider's to know.
 */
import { NO_USAGE, promptTokens, type Usage } from '../chat/usage.ts'
import type { StreamReading } from './stream-reading.ts'

/** Tokens that a call could be about. */
export interface CallSize {
  /** The prompt as it is expected to be counted. */
  readonly prompt: Usage
  /** Prompt and answer together, as the model takes them. */
  readonly windowTokens: number
  /** Of the answer. */
  readonly outputLimit: number
}

/**
 * So many times what fits into the model is believed. Much is counted more than once: 128 answers to one prompt is the
 * most that an API offers (`n`), and a provider that runs tools itself reads the prompt anew for each of their results.
 */
const BELIEVED_TIMES = 128

/** The reading, without what cannot be true. The same where all can be. */
export function believedReading(reading: StreamReading, size: CallSize): StreamReading {
  const { usage } = reading
  const most = BELIEVED_TIMES * Math.max(size.windowTokens, promptTokens(size.prompt), size.outputLimit)
  const prompt = promptTokens(usage) <= most
  const output = usage.outputTokens <= most
  if (prompt && output) return reading
  const { outputTokens, reasoningTokens } = output ? usage : NO_USAGE
  const believed = { ...(prompt ? usage : NO_USAGE), outputTokens, reasoningTokens }
  if (output) return { ...reading, usage: believed }
  const usageKnown = promptTokens(believed) > 0 ? 'prompt' : 'none'
  return { ...reading, usage: believed, usageKnown, countedBytes: null }
}
