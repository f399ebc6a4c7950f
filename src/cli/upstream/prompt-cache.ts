/**
 * The prompt cache of the Messages API, emulated: entries per workspace and model at the exact prefixes where a
 * breakpoint stood, found again by walking back at most 20 positions from each breakpoint, alive for 5 minutes or an
 * hour from the start of the request that wrote or last read them, readable once that request's answer streams.
 * Never looks at how many breakpoints there are or in which order: the request rules refuse those.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
import type { CacheTtl, PromptBlock } from './claude-prompt.ts'
import { sha256 } from './ids.ts'

/** What a request reads, writes and pays in full. Tokens. */
export interface CacheOutcome {
  inputTokens: number
  readTokens: number
  write5mTokens: number
  write1hTokens: number
}

interface Entry {
  ttl: CacheTtl
  expiresAt: number
}

/** How many positions a breakpoint looks back, itself counted. */
const LOOKBACK = 20

/** Lifetimes in ms. */
const TTL_MS: Record<CacheTtl, number> = { '5m': 300_000, '1h': 3_600_000 }

/** What belongs to a lookup besides the blocks. */
interface CacheScope {
  /** Workspace and model: entries of one are never seen by another. */
  owner: string
  /** Settings that are rendered with the system prompt (output format). */
  systemSettings: string
  /** Settings whose change loses the message part: tool choice, thinking, effort, images. */
  messageSettings: string
  minTokens: number
  startedAt: number
}

interface Position {
  hash: string
  /** Tokens of the prefix up to and including this position. */
  upTo: number
  group: number
  breakpoint: CacheTtl | null
}

/** The emulated cache. One per scripted provider; holds no clock, times are arguments. */
export class PromptCache {
  readonly #entries = new Map<string, Entry>()

  /**
   * What the request would read and write, and `commit`, to be called when its answer starts: only then are new
   * entries readable and read ones refreshed.
   */
  plan(blocks: readonly PromptBlock[], scope: CacheScope): { outcome: CacheOutcome; commit: () => void } {
    const positions = positionsOf(blocks, scope)
    const total = positions.at(-1)?.upTo ?? 0
    const touched: { hash: string; ttl: CacheTtl }[] = []
    let readTokens = 0
    const points = positions.filter((position) => position.breakpoint !== null && position.upTo >= scope.minTokens)
    for (const point of points) {
      const hit = this.#lookBack(positions, positions.indexOf(point), scope.startedAt)
      if (hit !== null) {
        readTokens = Math.max(readTokens, hit.position.upTo)
        touched.push({ hash: hit.position.hash, ttl: hit.ttl })
      }
    }
    const written = writes(points, readTokens)
    const commit = () => this.#commit(points, touched, scope.startedAt)
    const outcome = {
      inputTokens: total - readTokens - written.write5mTokens - written.write1hTokens,
      readTokens,
      ...written,
    }
    return { outcome, commit }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
  }

  #lookBack(positions: Position[], from: number, now: number): { position: Position; ttl: CacheTtl } | null {
    const start = positions[from]
    if (start === undefined) return null
    for (let at = from; at >= 0; at -= 1) {
      const position = positions[at]
      if (position === undefined || start.group - position.group >= LOOKBACK) return null
      const entry = this.#entries.get(position.hash)
      if (entry !== undefined && entry.expiresAt > now) return { position, ttl: entry.ttl }
    }
    return null
  }

  #commit(points: Position[], touched: { hash: string; ttl: CacheTtl }[], startedAt: number): void {
    for (const { hash, ttl } of touched) this.#extend(hash, ttl, startedAt)
    for (const point of points) {
      if (point.breakpoint !== null) this.#extend(point.hash, point.breakpoint, startedAt)
    }
    if (this.#entries.size > 50_000) this.#sweep(startedAt)
  }

  /** An entry alive at the request's start keeps its own lifetime; a gone one takes that of the breakpoint. */
  #extend(hash: string, ttl: CacheTtl, startedAt: number): void {
    const known = this.#entries.get(hash)
    const kept = known !== undefined && known.expiresAt > startedAt ? known.ttl : ttl
    const expiresAt = Math.max(known?.expiresAt ?? 0, startedAt + TTL_MS[kept])
    this.#entries.set(hash, { ttl: kept, expiresAt })
  }

  #sweep(now: number): void {
    for (const [hash, entry] of this.#entries) if (entry.expiresAt <= now) this.#entries.delete(hash)
  }
}

/** The 1 h part reaches to the last 1 h breakpoint, the 5 m part from there to the last breakpoint. */
function writes(points: Position[], readTokens: number): { write5mTokens: number; write1hTokens: number } {
  const lastHour = points.findLast((point) => point.breakpoint === '1h')?.upTo ?? 0
  const last = points.at(-1)?.upTo ?? 0
  const hourEnd = Math.max(readTokens, lastHour)
  return { write1hTokens: hourEnd - readTokens, write5mTokens: Math.max(0, last - hourEnd) }
}

function positionsOf(blocks: readonly PromptBlock[], scope: CacheScope): Position[] {
  let hash = sha256(scope.owner)
  let upTo = 0
  let group = -1
  let before: PromptBlock | undefined
  return blocks.map((block) => {
    const settings = before?.section === block.section ? '' : settingsBefore(block, before, scope)
    hash = sha256(hash + settings + block.rendered)
    upTo += block.tokens
    const inRun = before !== undefined && before.type === block.type && RUNS.has(block.type)
    if (!inRun) group += 1
    before = block
    return { hash, upTo, group, breakpoint: block.breakpoint }
  })
}

const RUNS = new Set(['tool_use', 'tool_result'])

/** Settings enter the prefix where their section begins (also when a section before it is empty). */
function settingsBefore(block: PromptBlock, before: PromptBlock | undefined, scope: CacheScope): string {
  if (block.section === 'tools') return ''
  if (block.section === 'system') return scope.systemSettings
  return (before?.section === 'system' ? '' : scope.systemSettings) + scope.messageSettings
}
