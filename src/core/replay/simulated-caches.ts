/**
 * The prompt caches of a replayed thread, one per target: how much of a prompt each would read, and until when. It
 * follows the providers' rule that a cache belongs to one model and lives from the start of the last call that used it.
 */
import type { SharedAt, TraceCall } from './trace.ts'

export interface SimulatedCache {
  /** Of the reference tokenizer. */
  readonly tokens: number
  readonly expiresAt: number
}

export type SimulatedCaches = ReadonlyMap<string, SimulatedCache>

/** Tokens of a call's prompt that a target has cached: by the thread itself, or its beginning by others at least. */
export function cachedTokens(
  caches: SimulatedCaches,
  target: string,
  { sharedTokens = 0, shared }: { readonly sharedTokens: number | undefined; readonly shared: SharedAt | undefined },
): number {
  return Math.max(caches.get(target)?.tokens ?? 0, shared?.warm.has(target) === true ? sharedTokens : 0)
}

/** What is left of the caches when a call begins: none after a compaction, and none that has expired. */
export function cachesAt(caches: SimulatedCaches, call: TraceCall): SimulatedCaches {
  if (call.afterCompaction) return new Map()
  return new Map([...caches].filter(([, cache]) => cache.expiresAt >= call.atMs))
}

/** The caches after a call went to a target: it holds the whole prompt of that call, and no longer what followed it. */
export function cachesAfter(
  caches: SimulatedCaches,
  target: string,
  { call, lifetimeMs }: { readonly call: TraceCall; readonly lifetimeMs: number },
): SimulatedCaches {
  return new Map(caches).set(target, { tokens: call.promptTokens, expiresAt: call.atMs + lifetimeMs })
}
