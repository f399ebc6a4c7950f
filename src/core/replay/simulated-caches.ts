/**
 * The prompt caches of a replayed thread, one per target: how much of a prompt each would read, and until when. It
 * follows the providers' rule that a cache belongs to one model and lives from the start of the last call that used it.
 */
import type { Usage } from '../chat/usage.ts'
import type { TraceCall } from './trace.ts'

export interface SimulatedCache {
  readonly tokens: number
  readonly expiresAt: number
}

export type SimulatedCaches = ReadonlyMap<string, SimulatedCache>

/** What is left of the caches when a call begins: none after a compaction, and none that has expired. */
export function cachesAt(caches: SimulatedCaches, call: TraceCall): SimulatedCaches {
  if (call.afterCompaction) return new Map()
  return new Map([...caches].filter(([, cache]) => cache.expiresAt >= call.atMs))
}

/** The usage of a call at a target, its tail marked for the short lifetime. Tokens of the reference tokenizer. */
export function cachedUsage(caches: SimulatedCaches, target: string, call: TraceCall): Usage {
  const read = Math.min(caches.get(target)?.tokens ?? 0, call.promptTokens)
  return {
    inputTokens: 0,
    cacheReadTokens: read,
    cacheWriteShortTokens: call.promptTokens - read,
    cacheWriteLongTokens: 0,
    outputTokens: call.outputTokens,
    reasoningTokens: 0,
  }
}

/** The caches after a call went to a target. A prompt that became shorter shortens what the others can still read. */
export function cachesAfter(
  caches: SimulatedCaches,
  target: string,
  { call, lifetimeMs }: { readonly call: TraceCall; readonly lifetimeMs: number },
): SimulatedCaches {
  return new Map(caches).set(target, { tokens: call.promptTokens, expiresAt: call.atMs + lifetimeMs })
}
