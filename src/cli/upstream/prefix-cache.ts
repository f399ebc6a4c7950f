/**
 * The automatic prompt cache of the OpenAI API, emulated. Older models: the longest prefix seen before, from 1,024
 * tokens in steps of 128, free to write. From 5.6 on: entries only where a breakpoint stood (one implicit at the end,
 * and the latest explicit ones), found exactly, and their writes billed. Per account, model and cache key.
 * https://platform.openai.com/docs/guides/prompt-caching
 */
import { createHash } from 'node:crypto'
import { sha256 } from './ids.ts'

const MIN_TOKENS = 1_024
const STEP_TOKENS = 128
const BYTES_A_TOKEN = 4
const LIFETIME_MS = 600_000
const DAY_MS = 86_400_000

/** A rendered piece of an OpenAI prompt. */
export interface PrefixPiece {
  text: string
  tokens: number
  /** An explicit breakpoint at its end, with its own lifetime or the request's. */
  breakpoint: '30m' | '12h' | 'inherit' | null
}

/** What belongs to a lookup besides the prompt. */
interface PrefixScope {
  owner: string
  cacheKey: string
  billsWrites: boolean
  mode: 'implicit' | 'explicit'
  ttl: '30m' | '12h'
  /** The client asked for `prompt_cache_retention: "24h"`. */
  keepsADay: boolean
  startedAt: number
}

/** Tokens read and written. */
export interface PrefixOutcome {
  cachedTokens: number
  write30mTokens: number
  write12hTokens: number
}

/** The emulated cache. Times are arguments. */
export class PrefixCache {
  readonly #entries = new Map<string, number>()

  /** What the request reads and writes, and `commit`, to be called when its answer starts. */
  plan(pieces: readonly PrefixPiece[], scope: PrefixScope): { outcome: PrefixOutcome; commit: () => void } {
    return scope.billsWrites ? this.#planBreakpoints(pieces, scope) : this.#planSteps(pieces, scope)
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
  }

  #planSteps(pieces: readonly PrefixPiece[], scope: PrefixScope): { outcome: PrefixOutcome; commit: () => void } {
    const prompt = Buffer.from(pieces.map((piece) => piece.text).join('\u0000'))
    const total = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
    const partition = sha256(`${scope.owner} ${scope.cacheKey} ${sha256(prompt.subarray(0, 1_024))}`)
    const hashes = stepHashes(prompt, partition)
    let cachedTokens = 0
    for (const [index, hash] of hashes.entries()) {
      const tokens = (index + 1) * STEP_TOKENS
      if (tokens > total || (this.#entries.get(hash) ?? 0) <= scope.startedAt) break
      if (tokens >= MIN_TOKENS) cachedTokens = tokens
    }
    const expiresAt = scope.startedAt + (scope.keepsADay ? DAY_MS : LIFETIME_MS)
    const commit = () => {
      if (total >= MIN_TOKENS) for (const hash of hashes) this.#keep(hash, expiresAt)
    }
    return { outcome: { cachedTokens, write30mTokens: 0, write12hTokens: 0 }, commit }
  }

  #planBreakpoints(pieces: readonly PrefixPiece[], scope: PrefixScope): { outcome: PrefixOutcome; commit: () => void } {
    const positions = positionsOf(pieces, scope)
    const alive = positions.findLast(
      (position) => position.upTo >= MIN_TOKENS && (this.#entries.get(position.hash) ?? 0) > scope.startedAt,
    )
    const cachedTokens = alive?.upTo ?? 0
    const points = writtenPoints(positions, scope).filter((point) => point.upTo >= MIN_TOKENS)
    const outcome = { cachedTokens, write30mTokens: 0, write12hTokens: 0 }
    let from = cachedTokens
    for (const point of points) {
      if (point.upTo <= from) continue
      if (point.ttl === '12h') outcome.write12hTokens += point.upTo - from
      else outcome.write30mTokens += point.upTo - from
      from = point.upTo
    }
    const commit = () => {
      if (alive !== undefined) this.#keep(alive.hash, scope.startedAt + LIVES[scope.ttl])
      for (const point of points) this.#keep(point.hash, scope.startedAt + LIVES[point.ttl])
    }
    return { outcome, commit }
  }

  #keep(hash: string, expiresAt: number): void {
    this.#entries.set(hash, Math.max(this.#entries.get(hash) ?? 0, expiresAt))
    if (this.#entries.size <= 200_000) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      if (this.#entries.size <= 150_000) return
    }
  }
}

const LIVES = { '30m': 1_800_000, '12h': 43_200_000 }

function stepHashes(prompt: Buffer, partition: string): string[] {
  const step = STEP_TOKENS * BYTES_A_TOKEN
  const rolling = createHash('sha256').update(partition)
  const hashes: string[] = []
  for (let end = step; end <= prompt.length; end += step) {
    rolling.update(prompt.subarray(end - step, end))
    hashes.push(rolling.copy().digest('base64'))
  }
  return hashes
}

interface Position {
  hash: string
  upTo: number
  breakpoint: PrefixPiece['breakpoint']
}

function positionsOf(pieces: readonly PrefixPiece[], scope: PrefixScope): Position[] {
  let hash = sha256(`${scope.owner} ${scope.cacheKey}`)
  let upTo = 0
  return pieces.map((piece) => {
    hash = sha256(hash + piece.text)
    upTo += piece.tokens
    return { hash, upTo, breakpoint: piece.breakpoint }
  })
}

function writtenPoints(
  positions: Position[],
  scope: PrefixScope,
): { hash: string; upTo: number; ttl: '30m' | '12h' }[] {
  const explicit = positions.filter((position) => position.breakpoint !== null)
  const kept = explicit.slice(scope.mode === 'implicit' ? -3 : -4)
  const last = positions.at(-1)
  const all = scope.mode === 'implicit' && last !== undefined && !kept.includes(last) ? [...kept, last] : kept
  return all.map(({ hash, upTo, breakpoint }) => ({
    hash,
    upTo,
    ttl: breakpoint === null || breakpoint === 'inherit' ? scope.ttl : breakpoint,
  }))
}
