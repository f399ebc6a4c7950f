/**
 * The ledger against a model of the world: gateways that call, extend, stop, settle or die, messages that come again,
 * memory that is lost at any moment, clocks that jump. The world knows what providers really billed; the ledger only
 * what it is told.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AdmitRequest, RateRefusal, Refusal, Reservation } from '../../../src/core/ledger/admission.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import type { Budget } from '../../../src/core/ledger/budget.ts'
import { release, settle } from '../../../src/core/ledger/close.ts'
import { extend, trim } from '../../../src/core/ledger/extend.ts'
import { housekeep, nextWake, sent } from '../../../src/core/ledger/housekeeping.ts'
import { exactMarks, journal } from '../../../src/core/ledger/journal.ts'
import { kindOfQuote, quantileNano } from '../../../src/core/ledger/learned-cost.ts'
import { allScopes, LEDGER_LIMITS, scopeOf } from '../../../src/core/ledger/ledger-state.ts'
import type { OutboxMessage } from '../../../src/core/ledger/outbox-message.ts'
import type { Scope, ScopeId } from '../../../src/core/ledger/scope.ts'
import { currentWindow, keyScope, newScope, outstanding, sessionScopeId } from '../../../src/core/ledger/scope.ts'
import { rotateKey } from '../../../src/core/ledger/configure-keys.ts'
import { NO_RATE_LIMITS } from '../../../src/core/ledger/rate-limits.ts'
import { ask, budget, keyRow, LedgerRun, record, settlement } from './ledger-fixtures.ts'

const LIMIT = 1_000
const MINUTE = 60_000
const MOST_STREAMS = 3

type Step =
  | {
      readonly do: 'admit'
      readonly key: 'k1' | 'k2'
      readonly session: string | null
      /** Called with a hash that was rotated away, if there is one. */
      readonly oldHash: boolean
      readonly nano: number
      readonly worst: number
      readonly guard: number
      /** Nobody would see its output while it is produced. */
      readonly unseen: boolean
      readonly silenceMs: number
    }
  | {
      readonly do: 'burn' | 'extend' | 'trim' | 'settle' | 'release' | 'die'
      readonly call: number
      readonly nano: number
    }
  | { readonly do: 'again' | 'late'; readonly message: number }
  | { readonly do: 'note' | 'quiet' | 'crash' | 'lostAnswer' }
  | { readonly do: 'alarm'; readonly crash: 'no' | 'before sending' | 'after sending' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'rotate'; readonly key: 'k1' | 'k2'; readonly overlapMs: number }

const onCall = fc.constantFrom(
  'burn' as const,
  'burn' as const,
  'extend' as const,
  'trim' as const,
  'settle' as const,
  'settle' as const,
  'release' as const,
  'die' as const,
)

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      key: fc.constantFrom('k1' as const, 'k2' as const),
      session: fc.constantFrom(null, 'a', 'a', 'b'),
      oldHash: fc.constantFrom(false, false, false, true),
      nano: fc.integer({ min: 1, max: 200 }),
      worst: fc.integer({ min: 1, max: 5 }),
      guard: fc.integer({ min: 0, max: 20 }),
      unseen: fc.boolean(),
      silenceMs: fc.constantFrom(30_000, LEDGER_LIMITS.silenceMs.usual),
    }),
  },
  { weight: 14, arbitrary: fc.record({ do: onCall, call: fc.nat(8), nano: fc.nat(250) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('again' as const, 'again' as const, 'late' as const),
      message: fc.nat(12),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('note' as const, 'quiet' as const, 'crash' as const, 'lostAnswer' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('alarm' as const),
      crash: fc.constantFrom('no' as const, 'no' as const, 'before sending' as const, 'after sending' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rotate' as const),
      key: fc.constantFrom('k1' as const, 'k2' as const),
      overlapMs: fc.constantFrom(0, MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(10, 1_000, MINUTE, 6 * MINUTE, 26 * 60 * MINUTE, 32 * 24 * 60 * MINUTE, -1_000, -20 * MINUTE),
    }),
  },
)

/** A call as the world sees it. */
interface Call {
  readonly id: string
  readonly keyId: string
  readonly session: string | null
  token: Reservation
  /** The most that was ever reserved for it. */
  largestNano: number
  /** A gateway trims once, with its decision. */
  trimmed: boolean
  readonly silenceMs: number
  /** Elapsed time when the ledger last heard of it. */
  heardMs: number
  readonly worstNano: number
  billedNano: number
  /** An extension was refused: only the guard may still be used. */
  stopping: boolean
  /** `lost`: the gateway died. `closed`: settled or released, as the ledger answered. */
  state: 'running' | 'lost' | 'closed'
  /** What the ledger has charged for it, as its answers and notices say. */
  chargedNano: number
  /** The ledger said in the log that it charged an estimate. */
  flagged: boolean
}

/** A hard budget over a scope. */
interface Bounded {
  readonly one: Budget
  readonly scope: Scope
}

function isOver({ scope: over }: Budget, { id, session }: Scope): boolean {
  return session === null ? over === id : over === 'sessions' || over === `sessions:${session.keyId}`
}

function countsIn(call: Call, { id }: Scope): boolean {
  return id === 'team' || id === keyScope(call.keyId) || (call.session !== null && id === sessionScopeId(call.session))
}

type Message = { readonly at: number; readonly send: () => unknown; readonly call: string | null }

class World {
  readonly run: LedgerRun
  readonly budgets: readonly Budget[]
  readonly calls = new Map<string, Call>()
  readonly messages: Message[] = []
  readonly delivered = new Map<string, OutboxMessage>()
  /** Charged late for calls that nothing was held for any more. */
  unheldNano = 0
  #next = 1
  readonly #hashes: Record<'k1' | 'k2', { hash: string; until: number }[]> = {
    k1: [{ hash: 'hash of k1', until: Infinity }],
    k2: [{ hash: 'hash of k2', until: Infinity }],
  }
  /** Time that really passed, wherever the clock went. */
  #elapsedMs = 0
  /** The latest that the clock ever was. */
  #latestAt = 0

  constructor() {
    this.budgets = [
      budget({ limitNano: LIMIT }),
      budget({ scope: 'key:k1', period: 'day', limitNano: 600 }),
      budget({ period: 'week', limitNano: 700, mode: 'soft', thresholds: [0.5, 1] }),
      budget({ scope: 'sessions', period: 'session', limitNano: 450, thresholds: [0.5] }),
      budget({ scope: 'sessions:k2', period: 'session', limitNano: 300 }),
    ]
    this.run = new LedgerRun(this.budgets, [
      keyRow('k1', { rateLimits: { ...NO_RATE_LIMITS, requestsPerMinute: 8, tokensPerMinute: 100_000 } }),
      keyRow('k2', { rateLimits: { ...NO_RATE_LIMITS, concurrentStreams: MOST_STREAMS } }),
    ])
  }

  /** The hash a key is called with: the newest, or one before it, with the moment from which it is refused. */
  #hashOf({ key, oldHash }: Extract<Step, { do: 'admit' }>): { readonly hash: string; readonly until: number } {
    const hashes = this.#hashes[key]
    return (oldHash ? hashes.at(-2) : undefined) ?? hashes.at(-1)!
  }

  #rotate({ key, overlapMs }: Extract<Step, { do: 'rotate' }>): void {
    const hashes = this.#hashes[key]
    const newHash = `hash ${hashes.length} of ${key}`
    const rotation = { keyId: key, newHash, overlapMs }
    expect(this.run.take(rotateKey(this.run.ledger, rotation, this.run.now))).toMatchObject({ done: true })
    for (const one of hashes) one.until = Math.min(one.until, this.run.now + overlapMs)
    hashes.push({ hash: newHash, until: Infinity })
  }

  get running(): Call[] {
    return [...this.calls.values()].filter((call) => call.state === 'running')
  }

  take(step: Step): void {
    switch (step.do) {
      case 'admit':
        return this.#admit(step)
      case 'again':
        return this.#again(step.message)
      case 'late':
        return this.#late(step.message)
      case 'note':
        return this.run.take(journal(this.run.ledger))
      case 'quiet':
        return this.run.take(exactMarks(this.run.ledger))
      case 'crash':
        return this.run.crash()
      case 'lostAnswer':
        return this.#lostAnswer()
      case 'alarm':
        return this.#alarm(step.crash)
      case 'wait':
        return this.#wait(step.ms)
      case 'rotate':
        return this.#rotate(step)
      default:
        return this.#onCall(step)
    }
  }

  #admit(step: Extract<Step, { do: 'admit' }>): void {
    // As its name is made, a session belongs to one key.
    const session = step.session === null ? null : `${step.session} of ${step.key}`
    const { hash, until } = this.#hashOf(step)
    const request: AdmitRequest = {
      ...ask(`call-${this.#next++}`, step.nano, { keyHash: hash, session, silenceMs: step.silenceMs }),
      quote: {
        expectedNano: { 1: step.nano, 2: null, 3: null },
        worstNano: { 1: step.nano * step.worst, 2: null, 3: null },
        guardNano: step.guard,
        unseen: { 1: step.unseen, 2: false, 3: false },
      },
    }
    const kind = kindOfQuote(undefined, step.nano)
    const p95 = Math.min(
      step.nano * step.worst,
      quantileNano(this.run.ledger.learned, kind, { tier: 1, quotedNano: step.nano }),
    )
    const worst = step.nano * step.worst
    const need = p95 + Math.min(step.guard, worst - p95)
    const send = () => this.run.take(admit(this.run.ledger, request, this.run.now))
    const before = this.#roomOf(step.key, session)
    const { size: inFlight } = this.run.ledger.open
    const streams = [...this.run.ledger.open.values()].filter(({ keyId }) => keyId === step.key).length
    const answer = send()
    expect(this.run.written).toBeLessThanOrEqual(3)
    // A hash that was rotated away opens nothing from its end on, and everything before it.
    const code = answer.admitted ? null : answer.refusal.code
    // Long after, nobody remembers that there was one.
    const forgotten = code === 'unknown_key' && until + LEDGER_LIMITS.deadKeyMs <= this.#latestAt
    const replaced = code === 'replaced_key' || forgotten
    expect(replaced).toBe(until <= this.run.now)
    if (replaced) return
    if (!answer.admitted && answer.refusal.code === 'rate_limited') {
      return this.#expectRateLimited(answer.refusal, { step, streams, roomNano: before.withHolds - need })
    }
    if (step.key === 'k2' && answer.admitted) expect(streams).toBeLessThan(MOST_STREAMS)
    if (answer.admitted) {
      const { reservation } = answer
      // What nobody sees is held in its worst case, in a share of what was left; that never costs a call its admission.
      const share = Math.min(Math.floor(before.withHolds / (8 + inFlight)), before.withHolds - step.guard)
      const amountNano = step.unseen ? Math.max(p95, Math.min(worst, share)) : p95
      expect(reservation).toMatchObject({ amountNano, guardNano: Math.min(step.guard, worst - amountNano) })
      this.calls.set(request.requestId, {
        id: request.requestId,
        keyId: step.key,
        session,
        token: reservation,
        largestNano: reservation.amountNano + reservation.guardNano,
        trimmed: false,
        silenceMs: step.silenceMs,
        heardMs: this.#elapsedMs,
        worstNano: worst,
        billedNano: 0,
        stopping: false,
        state: 'running',
        chargedNano: 0,
        flagged: false,
      })
      this.messages.push({ at: this.run.now, send, call: request.requestId })
      return
    }
    // The second invariant: a refusal only where it does not fit, and with the right word for it.
    const { refusal } = answer
    if (refusal.code === 'old_policy') throw new Error('refused by a policy that nobody stored')
    expect(this.run.written).toBe(this.#firstOfItsWindow(refusal) ? 2 : 0)
    expect(before.withHolds).toBeLessThan(need)
    expect(refusal.code).toBe(before.spentOnly < need ? 'budget_exceeded' : 'budget_reserved')
    expect(refusal).toMatchObject({ neededNano: need })
    if (refusal.code === 'budget_reserved') {
      expect(refusal.retryAfterSeconds).toBeGreaterThanOrEqual(1)
      expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(60)
    }
  }

  /** A rate refuses only what the budgets have room for, for the reason it says, and changes nothing. */
  #expectRateLimited(
    { what, retryAfterSeconds }: RateRefusal,
    of: { readonly step: Extract<Step, { do: 'admit' }>; readonly streams: number; readonly roomNano: number },
  ): void {
    expect(this.run.written).toBe(0)
    expect(of.roomNano).toBeGreaterThanOrEqual(0)
    expect(what).toBe(of.step.key === 'k2' ? 'streams' : 'requests')
    if (what === 'streams') expect(of.streams).toBeGreaterThanOrEqual(MOST_STREAMS)
    else expect(this.messages.length).toBeGreaterThanOrEqual(8)
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1)
    expect(retryAfterSeconds).toBeLessThanOrEqual(60)
  }

  /** The first final refusal of a budget's window is told, which is a row, and remembered, which is one more. */
  #firstOfItsWindow(refusal: Refusal): boolean {
    return refusal.code === 'budget_exceeded' && this.run.tells.at(-1)?.kind === 'cap_hit'
  }

  /** The room the tightest hard budget over a key has, with and without what is held. */
  #roomOf(keyId: string, session: string | null): { withHolds: number; spentOnly: number } {
    let withHolds = Infinity
    let spentOnly = Infinity
    for (const { one, scope } of this.#boundedBy(keyId, session)) {
      const left = one.limitNano - currentWindow(scope, one.period, this.run.now).nano
      withHolds = Math.min(withHolds, left - outstanding(scope))
      spentOnly = Math.min(spentOnly, left)
    }
    return { withHolds, spentOnly }
  }

  /** The hard budgets over a call; a session that the ledger keeps nothing of has spent and holds nothing. */
  #boundedBy(keyId: string, session: string | null): readonly Bounded[] {
    const { ledger } = this.run
    const scopes: Scope[] = [scopeOf(ledger, 'team'), scopeOf(ledger, keyScope(keyId))]
    if (session !== null) {
      const id = sessionScopeId(session)
      scopes.push(ledger.sessions.get(id) ?? newScope(id, { keyId, lastAt: 0, told: {} }))
    }
    return this.bounded(scopes)
  }

  /** Every hard budget over some scopes. */
  bounded(scopes: Iterable<Scope>): readonly Bounded[] {
    return [...scopes].flatMap((scope) =>
      this.budgets.filter((one) => one.mode === 'hard' && isOver(one, scope)).map((one) => ({ one, scope })),
    )
  }

  #onCall(step: Extract<Step, { call: number }>): void {
    const { running } = this
    const call = running[step.call % Math.max(1, running.length)]
    if (call === undefined) return
    switch (step.do) {
      case 'burn': {
        const most = call.token.amountNano + (call.stopping ? call.token.guardNano : 0)
        call.billedNano = Math.min(call.worstNano, most, call.billedNano + step.nano)
        return
      }
      case 'extend':
        return this.#extend(call, step.nano)
      case 'trim': {
        if (call.trimmed) return
        call.trimmed = true
        // Only what was not used up can be given back, and only before the first extension.
        const reservation = call.token
        const toNano = Math.max(call.billedNano, Math.min(reservation.amountNano, step.nano))
        const send = () => this.run.take(trim(this.run.ledger, { reservation, toNano }, this.run.now))
        const answer = send()
        // Whatever the ledger makes of it, the gateway will not use what it gave back.
        call.token = answer.extended ? answer.reservation : { ...reservation, amountNano: toNano }
        this.messages.push({ at: this.run.now, send, call: call.id })
        return
      }
      case 'settle':
        return this.#close(call, settlement(call.token, call.billedNano))
      case 'release':
        if (call.billedNano === 0) this.#close(call, null)
        return
      case 'die':
        call.state = 'lost'
    }
  }

  #extend(call: Call, moreNano: number): void {
    if (call.stopping) return
    const reservation = call.token
    const send = () => this.run.take(extend(this.run.ledger, { reservation, moreNano }, this.run.now))
    const room = this.#roomOf(call.keyId as 'k1' | 'k2', call.session)
    const heldBefore = this.run.ledger.open.has(call.id)
    const answer = send()
    expect(this.run.written).toBeLessThanOrEqual(7)
    if (answer.extended) {
      call.token = answer.reservation
      call.largestNano = Math.max(call.largestNano, call.token.amountNano + call.token.guardNano)
      call.heardMs = this.#elapsedMs
      this.messages.push({ at: this.run.now, send, call: call.id })
    } else {
      // Refused only where it does not fit, and for good only where no other call's end would make it fit.
      const { refusal } = answer
      const asked = 'budgetId' in refusal && heldBefore ? refusal : null
      if (asked !== null) {
        const own = reservation.amountNano + reservation.guardNano
        expect(room.withHolds).toBeLessThan(asked.neededNano)
        expect(asked.code).toBe(room.spentOnly < asked.neededNano + own ? 'budget_exceeded' : 'budget_reserved')
      }
      // Sent again it might be granted, once there is room: asking again is no repetition then.
      call.stopping = true
    }
  }

  #close(call: Call, settled: ReturnType<typeof settlement> | null): void {
    const reservation = call.token
    const send = () =>
      settled === null
        ? this.run.take(
            release(
              this.run.ledger,
              { reservation, record: call.worstNano % 2 === 0 ? record(call.id) : null },
              this.run.now,
            ),
          )
        : this.run.take(settle(this.run.ledger, settled, this.run.now))
    const answer = send()
    expect(this.run.written).toBeLessThanOrEqual(settled === null ? 5 : 3 + 1 + 2 * this.budgets.length + 2)
    const wasLost = call.state === 'lost'
    if (answer.closed && answer.how !== 'duplicate') {
      call.state = 'closed'
      call.chargedNano = settled?.costNano ?? 0
    } else {
      // A day late the estimate stays; of a call that a crash made unknown nothing was charged.
      expect(wasLost).toBe(true)
    }
    this.messages.push({ at: this.run.now, send, call: call.id })
  }

  /** A message that comes again changes no money, as long as it is not older than what is remembered. */
  #again(index: number): void {
    const message = this.messages[this.messages.length - 1 - index]
    if (message === undefined || this.run.now - message.at > LEDGER_LIMITS.graceMs || this.run.now < message.at) return
    const call = message.call === null ? undefined : this.calls.get(message.call)
    const spent = this.#spent()
    const held = this.run.ledger.open.get(call?.id ?? '')
    const amount = held?.amountNano
    message.send()
    expect(this.#spent()).toEqual(spent)
    // After a crash the messages of a call may come again one by one; they lead to what its gateway knows.
    if (held !== undefined && held.amountNano !== amount) expect(held.amountNano).toBe(call?.token.amountNano)
    // An admission known to nobody after a crash is held again: it may be running. Nothing else appears.
    if (call?.state === 'closed') expect(this.run.ledger.open.has(call.id)).toBe(false)
  }

  #spent(): readonly (readonly [ScopeId, number])[] {
    const spent = [...allScopes(this.run.ledger)].map((scope) => [scope.id, scope.spent.total.nano] as const)
    return spent.filter(([, nano]) => nano > 0).sort(([one], [other]) => (one < other ? -1 : 1))
  }

  /** A gateway that was thought dead settles after all, perhaps long after the ledger charged an estimate. */
  #late(index: number): void {
    const lost = [...this.calls.values()].filter((call) => call.state === 'lost')
    const call = lost[index % Math.max(1, lost.length)]
    if (call === undefined) return
    const { ledger, now } = this.run
    const unknown = !ledger.open.has(call.id) && !ledger.expired.has(call.id)
    this.#close(call, settlement(call.token, call.billedNano))
    // Nothing was held any more for a call that a crash made unknown and that outlived its deadline.
    if (unknown && now >= call.token.deadlineAt) this.unheldNano += call.billedNano
  }

  /** The ledger dies before its rows are committed: the caller never gets an answer, and the call is not made. */
  #lostAnswer(): void {
    admit(this.run.ledger, ask(`call-${this.#next++}`, 50), this.run.now)
    this.run.crash()
  }

  #alarm(crash: 'no' | 'before sending' | 'after sending'): void {
    this.run.take(housekeep(this.run.ledger, this.run.now))
    if (crash === 'before sending') return this.run.crash()
    const rows = [...this.run.rows.outbox.values()].sort((a, b) => a.seq - b.seq).slice(0, 100)
    for (const row of rows) this.#deliver(row.message)
    if (crash === 'after sending') return this.run.crash()
    this.run.take(sent(this.run.ledger, rows))
  }

  #deliver(message: OutboxMessage): void {
    this.delivered.set('kind' in message ? `${message.kind} ${message.id}` : message.id, message)
  }

  /** Time passes. A gateway that is alive lets hear of itself before a deadline; so a call past it has none. */
  #wait(ms: number): void {
    this.run.now += ms
    this.#latestAt = Math.max(this.#latestAt, this.run.now)
    this.#elapsedMs += Math.max(0, ms)
    for (const call of this.running) {
      const silent = this.#elapsedMs - call.heardMs >= call.silenceMs
      if (silent || call.token.deadlineAt <= this.run.now) call.state = 'lost'
    }
  }

  /** Charges of expired calls are told by the log alone. */
  takeNotices(): void {
    for (const message of [...this.run.rows.outbox.values()].map((row) => row.message)) this.#deliver(message)
    for (const message of this.delivered.values()) {
      if (!('kind' in message) || message.kind !== 'expired') continue
      const call = this.calls.get(message.id)
      if (call === undefined || call.flagged) continue
      call.flagged = true
      if (call.state !== 'closed') call.chargedNano = message.chargedNano
    }
  }
}

/** Every hard budget, at every moment: what is charged and what running calls may still bill stays within the limit. */
function expectNoLeak(world: World): void {
  for (const { one, scope } of world.bounded(allScopes(world.run.ledger))) {
    const mine = world.running.filter((call) => countsIn(call, scope))
    const held = mine.reduce((sum, call) => sum + call.token.amountNano + call.token.guardNano, 0)
    const spent = currentWindow(scope, one.period, world.run.now).nano
    expect(spent + held).toBeLessThanOrEqual(one.limitNano + world.unheldNano)
    // What is running is held, by name or in the sum carried over a crash, and the next crash would find it too.
    expect(outstanding(scope)).toBeGreaterThanOrEqual(held)
    expect(scope.markNano).toBeGreaterThanOrEqual(outstanding(scope))
  }
}

const scripts = fc.array(anyStep, { minLength: 1, maxLength: 80, size: 'max' })
/** The long form: `HEADGATE_PROPERTY_RUNS=40000`. */
const numRuns = Number(process.env.HEADGATE_PROPERTY_RUNS ?? 600)
const timeout = 20_000 + 20 * numRuns

describe('the four invariants', { timeout }, () => {
  it('settled and outstanding stay within every hard limit; refusals are neither early nor wrong', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const world = new World()
        for (const one of script) {
          world.take(one)
          expectNoLeak(world)
        }
      }),
      { numRuns },
    )
  })

  it('every admitted call is charged exactly once, and what is off is flagged and within its reservation', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const world = new World()
        for (const one of script) world.take(one)
        // Everyone who still lives settles; everyone else is waited for.
        for (const call of world.running) world.take({ do: 'settle', call: world.running.indexOf(call), nano: 0 })
        for (let rounds = 0; rounds < 50; rounds++) {
          const wake = nextWake(world.run.ledger, world.run.now)
          if (wake === null) break
          world.run.now = Math.max(world.run.now, wake)
          world.take({ do: 'alarm', crash: 'no' })
        }
        world.takeNotices()
        const charged = [...world.calls.values()].reduce((sum, call) => sum + call.chargedNano, 0)
        expect(world.run.ledger.scopes.get('team')?.spent.total.nano ?? 0).toBe(charged)
        for (const scope of allScopes(world.run.ledger)) expect(outstanding(scope)).toBe(0)
        let untold = 0
        for (const call of world.calls.values()) {
          if (call.state === 'closed' && call.chargedNano === call.billedNano) continue
          expect(Math.abs(call.chargedNano - call.billedNano)).toBeLessThanOrEqual(call.largestNano)
          if (!call.flagged) untold += call.billedNano
        }
        const unaccounted = [...world.delivered.values()].reduce(
          (sum, message) =>
            sum +
            ('kind' in message && message.kind === 'unaccounted' && message.scope === 'team' ? message.upToNano : 0),
          0,
        )
        expect(unaccounted).toBeGreaterThanOrEqual(untold)
        expect(world.run.rows.counts).toMatchObject({ outbox: 0, journal: 0 })
      }),
      { numRuns },
    )
  })

  it('every decision reaches the log, whatever crashes between', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const world = new World()
        for (const one of script) world.take(one)
        world.run.crash()
        while (world.run.rows.outbox.size > 0) world.take({ do: 'alarm', crash: 'no' })
        for (const call of world.calls.values()) {
          const settled = call.state === 'closed' && call.chargedNano > 0
          if (settled) expect(world.delivered.has(call.id)).toBe(true)
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    )
  })
})
