import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WarmBeginnings, type Sharer } from '../../../src/core/replay/shared-beginnings.ts'
import type { SharedAt, TraceSession } from '../../../src/core/replay/trace.ts'

interface Entry {
  readonly beginning: string
  readonly target: string
  readonly sessionId: string | null
  readonly tokens: number
  readonly readyAt: number
  readonly expiresAt: number
}

/** The same by looking at every entry every time. */
class EveryEntry {
  #entries: Entry[] = []

  add(added: Entry, now: number): void {
    const alive = this.#entries.filter(({ expiresAt }) => expiresAt >= now)
    const before = alive.find(
      ({ beginning, target, sessionId }) =>
        beginning === added.beginning && target === added.target && sessionId === added.sessionId,
    )
    const renewed =
      before === undefined
        ? added
        : {
            ...added,
            tokens: Math.max(before.tokens, added.tokens),
            readyAt: Math.min(before.readyAt, added.readyAt),
            expiresAt: Math.max(before.expiresAt, added.expiresAt),
          }
    this.#entries = [...alive.filter((entry) => entry !== before), renewed]
  }

  at({ sessionId, trace: { beginning, sharedTokens = 0 } }: Sharer, now: number): SharedAt {
    const found = this.#entries.filter(
      (entry) =>
        sharedTokens > 0 &&
        entry.beginning === beginning &&
        entry.readyAt <= now &&
        entry.expiresAt >= now &&
        entry.tokens >= sharedTokens,
    )
    const targetsOf = (entries: readonly Entry[]): ReadonlySet<string> => new Set(entries.map(({ target }) => target))
    return { warm: targetsOf(found), known: targetsOf(found.filter((entry) => entry.sessionId === sessionId)) }
  }
}

function sharer(sessionId: string, beginning: string, sharedTokens: number): Sharer {
  const trace: TraceSession = { id: sessionId, beginning, sharedTokens, calls: [] }
  return { sessionId, trace }
}

const step = fc.record({
  afterMs: fc.nat({ max: 4 }),
  session: fc.constantFrom('a', 'b', 'c', 'd'),
  beginning: fc.constantFrom('one', 'other'),
  target: fc.constantFrom('small', 'large'),
  sharedTokens: fc.nat({ max: 6 }),
  tokens: fc.nat({ max: 8 }),
  firstByteMs: fc.nat({ max: 5 }),
  lifetimeMs: fc.nat({ max: 12 }),
  kind: fc.constantFrom('keep', 'see', 'look'),
})

describe('beginnings that are kept at models', () => {
  it('are found where a look at every one of them finds them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const warm = new WarmBeginnings()
        const every = new EveryEntry()
        let now = 0
        for (const { afterMs, session, beginning, target, sharedTokens, tokens, kind, ...times } of steps) {
          now += afterMs
          const who = sharer(session, beginning, sharedTokens)
          if (kind === 'keep') {
            const kept = { tokens, readyAt: now + times.firstByteMs, expiresAt: now + times.lifetimeMs }
            warm.keep(who, target, { ...kept, at: now })
            every.add({ ...kept, beginning, target, sessionId: session }, now)
          } else if (kind === 'see') {
            const seen = { tokens: sharedTokens, readyAt: now, expiresAt: now }
            warm.see(who, target, now)
            every.add({ ...seen, beginning, target, sessionId: null }, now)
          }
          expect(warm.at(who, now)).toEqual(every.at(who, now))
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('cost no look at all others: 100,000 sessions that keep one within a minute', () => {
    const warm = new WarmBeginnings()
    const readyAfterMs = 20_000
    const found = Array.from({ length: 100_000 }, (_, index) => {
      const who = sharer(`session ${index}`, 'one', 1_000)
      const at = Math.floor((index * 60_000) / 100_000)
      const { size } = warm.at(who, at).warm
      const tokens = 2_000 + ((index * 7_919) % 10_000)
      warm.keep(who, 'small', { tokens, readyAt: at + readyAfterMs, expiresAt: at + 300_000, at })
      return size
    })
    expect(found.indexOf(1)).toBe(Math.ceil((readyAfterMs * 100_000) / 60_000))
  }, 5_000)
})
