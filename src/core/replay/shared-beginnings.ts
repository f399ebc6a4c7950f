/**
 * Beginnings of prompts (tools and system) that threads of a log have in common, and where they are cached while those
 * threads are replayed side by side. A provider keeps a cache per model, so that depends on where all of them went. It
 * replays and bills nothing.
 */
import type { CatalogModel } from '../routing/catalog.ts'
import { Heap } from './heap.ts'
import type { RecordedCall } from './recorded-thread.ts'
import type { SharedAt, TraceSession } from './trace.ts'

/** The calls that read what no call of their own thread can have written: the thread had not been at that model. */
export function foreignReads(recorded: readonly RecordedCall[]): readonly RecordedCall[] {
  const been = new Set<string>()
  return recorded.filter(({ target, usage }) => {
    const first = !been.has(target)
    been.add(target)
    return first && usage.cacheReadTokens > 0
  })
}

/** Tokens of the reference tokenizer that such calls read, the least of them: it is common to all. 0: none did. */
export function sharedTokensOf(recorded: readonly RecordedCall[], models: ReadonlyMap<string, CatalogModel>): number {
  const reads = foreignReads(recorded).map(({ target, usage }) =>
    Math.round(usage.cacheReadTokens / (models.get(target)?.tokenizerRatio ?? 1)),
  )
  return reads.length === 0 ? 0 : Math.min(...reads)
}

/** A thread among others. */
export interface Sharer {
  readonly sessionId: string
  readonly trace: TraceSession
}

interface Kept {
  /** Of the reference tokenizer. */
  readonly tokens: number
  /** From when on, ms since the epoch: once the answer has begun. */
  readonly readyAt: number
  readonly expiresAt: number
  /** Whose call it was; null: a call outside of the log. */
  readonly sessionId: string | null
}

/** What is cached where, at one moment after the other: times must not go back. */
export class WarmBeginnings {
  /** By beginning and target. */
  readonly #kept = new Map<string, Map<string, KeptAtTarget>>()

  /** A thread's call went to a target, which keeps its prompt for so long. */
  keep({ sessionId, trace }: Sharer, target: string, call: Omit<Kept, 'sessionId'> & { readonly at: number }): void {
    const { at, ...kept } = call
    this.#add(trace, target, { sessionId, ...kept }, at)
  }

  /** The log shows that a target had the beginning at that moment: calls outside of the log kept it. */
  see({ trace }: Sharer, target: string, at: number): void {
    this.#add(trace, target, { sessionId: null, tokens: trace.sharedTokens ?? 0, readyAt: at, expiresAt: at }, at)
  }

  /** Where a thread finds its beginning cached. */
  at({ sessionId, trace }: Sharer, now: number): SharedAt {
    const warm = new Set<string>()
    const known = new Set<string>()
    const { beginning, sharedTokens = 0 } = trace
    if (beginning === undefined || sharedTokens === 0) return { warm, known }
    for (const [target, kept] of this.#kept.get(beginning) ?? []) {
      if (kept.mostTokens(now) >= sharedTokens) warm.add(target)
      if (kept.tokensOf(sessionId, now) >= sharedTokens) known.add(target)
    }
    return { warm, known }
  }

  #add({ beginning }: TraceSession, target: string, added: Kept, now: number): void {
    if (beginning === undefined) return
    const targets = this.#kept.get(beginning) ?? new Map<string, KeptAtTarget>()
    this.#kept.set(beginning, targets)
    const kept = targets.get(target) ?? new KeptAtTarget()
    targets.set(target, kept)
    kept.add(added, now)
  }
}

/** One beginning at one target. Many sessions may keep it there at one time: none is looked at again at every call. */
class KeptAtTarget {
  readonly #bySession = new Map<Kept['sessionId'], Kept>()
  readonly #toCome = new Heap<Kept>((one, other) => one.readyAt < other.readyAt)
  /** Readable, the longest first; it may have expired. */
  readonly #readable = new Heap<Kept>((one, other) => one.tokens > other.tokens)

  /** What a session has there is renewed, and stays readable meanwhile. */
  add(added: Kept, now: number): void {
    const before = this.#bySession.get(added.sessionId)
    const renewed: Kept =
      before === undefined || before.expiresAt < now
        ? added
        : {
            sessionId: added.sessionId,
            tokens: Math.max(before.tokens, added.tokens),
            readyAt: Math.min(before.readyAt, added.readyAt),
            expiresAt: Math.max(before.expiresAt, added.expiresAt),
          }
    this.#bySession.set(added.sessionId, renewed)
    // What it had stays where it is: it says nothing that the renewed does not.
    this.#toCome.add(renewed)
  }

  /** Tokens of the longest prompt that can be read; 0: none. */
  mostTokens(now: number): number {
    for (let next = this.#toCome.first; next !== undefined && next.readyAt <= now; next = this.#toCome.first) {
      this.#toCome.removeFirst()
      this.#readable.add(next)
    }
    for (let most = this.#readable.first; most !== undefined; most = this.#readable.first) {
      if (most.expiresAt >= now) return most.tokens
      this.#readable.removeFirst()
    }
    return 0
  }

  /** The same of what one session has there. */
  tokensOf(sessionId: string, now: number): number {
    const kept = this.#bySession.get(sessionId)
    return kept === undefined || kept.readyAt > now || kept.expiresAt < now ? 0 : kept.tokens
  }
}
