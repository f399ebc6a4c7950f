import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AdmitAnswer, AdmitRequest, Reservation } from '../../../src/core/ledger/admission.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import { settle } from '../../../src/core/ledger/close.ts'
import { putBudget } from '../../../src/core/ledger/configure.ts'
import { begunNano, keepHeirs, sessionNamed } from '../../../src/core/ledger/heirs.ts'
import { housekeep } from '../../../src/core/ledger/housekeeping.ts'
import { awaitedHeir } from '../../../src/core/ledger/join-sessions.ts'
import { exactMarks, journal } from '../../../src/core/ledger/journal.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import type { Scope } from '../../../src/core/ledger/scope.ts'
import { newScope, outstanding, sessionScopeId } from '../../../src/core/ledger/scope.ts'
import { ask, budget, LedgerRun, settlement } from './ledger-fixtures.ts'

const EACH = budget({ scope: 'sessions', period: 'session', limitNano: 100, thresholds: [0.5] })

function send(run: LedgerRun, request: AdmitRequest): AdmitAnswer {
  return run.take(admit(run.ledger, request, run.now))
}

function reserve(run: LedgerRun, session: string, nano: number): Reservation {
  const request = ask(`call ${session} ${run.ledger.nextSeq} ${run.ledger.open.size}`, nano, { session, goesOn: true })
  const answer = send(run, request)
  if (!answer.admitted) throw new Error(`refused: ${answer.refusal.code}`)
  return answer.reservation
}

/** Ends a call whose answer is gone on from under a name; what is asked for as `begin` goes on from none. */
function end(run: LedgerRun, reservation: Reservation, left: { nano: number; heir: string; tokens?: number }): void {
  const begins = reservation.session?.startsWith('begin') === true
  const heir = { session: left.heir, contextTokens: left.tokens ?? null, begins }
  const ended = run.take(settle(run.ledger, { ...settlement(reservation, left.nano), heir }, run.now))
  expect(ended).toEqual({ closed: true, how: 'charged' })
}

/** One more call of a chain: under one name, leaving another. */
function chain(run: LedgerRun, session: string, left: { nano: number; heir: string; tokens?: number }): void {
  end(run, reserve(run, session, left.nano), left)
}

/** A crash a while after the last call: nothing unknown is held. */
function restart(run: LedgerRun): void {
  run.take([...journal(run.ledger), ...exactMarks(run.ledger)])
  run.crash()
}

function spentIn(run: LedgerRun, session: string): number | undefined {
  return run.ledger.sessions.get(sessionScopeId(session))?.spent.total.nano
}

const refused = (run: LedgerRun, session: string, nano: number) => {
  const answer = send(run, ask(`asked ${session} ${run.now}`, nano, { session, goesOn: true }))
  if (answer.admitted) throw new Error('admitted')
  return answer.refusal
}

describe("a session's budget over a chain of stored answers", () => {
  it('covers all of it, also over a crash: refused at the first call that has no room, and not before', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 40, heir: 'r1' })
    restart(run)
    chain(run, 'r1', { nano: 40, heir: 'r2' })
    restart(run)
    expect(refused(run, 'r2', 21)).toMatchObject({ code: 'budget_exceeded', scope: 'session', spentNano: 80 })
    chain(run, 'r2', { nano: 20, heir: 'r3' })
    expect([...run.ledger.sessions.keys()]).toEqual([sessionScopeId('begin'), sessionScopeId('r1')])
    expect([spentIn(run, 'r1'), run.rows.counts.scopes]).toEqual([100, 4])
    expect(refused(run, 'r3', 1)).toMatchObject({ code: 'budget_exceeded', spentNano: 100 })
    // Another conversation that begins alike has a budget of its own.
    chain(run, 'begin', { nano: 40, heir: 's1' })
    chain(run, 's1', { nano: 60, heir: 's2' })
    expect(refused(run, 's2', 1)).toMatchObject({ spentNano: 100 })
  })

  it('covers its forks, while they run too', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 30, heir: 'r1' })
    const one = reserve(run, 'r1', 30)
    const other = reserve(run, 'r1', 30)
    expect([one.session, other.session]).toEqual(['r1', 'r1'])
    expect(refused(run, 'r1', 30)).toMatchObject({ code: 'budget_reserved', spentNano: 30, reservedNano: 60 })
    end(run, one, { nano: 10, heir: 'r2' })
    end(run, other, { nano: 10, heir: 'r3' })
    expect(refused(run, 'r3', 51)).toMatchObject({ spentNano: 50 })
    chain(run, 'r2', { nano: 50, heir: 'r4' })
    expect(refused(run, 'r1', 1)).toMatchObject({ code: 'budget_exceeded', spentNano: 100 })
  })

  it('costs no row more than a call of a named session, and none where nobody set one', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 1, heir: 'r1' })
    expect(run.written).toBe(4)
    const chained = reserve(run, 'r1', 1)
    run.take(settle(run.ledger, settlement(reserve(run, 'named', 1), 1), run.now))
    const named = run.written
    end(run, chained, { nano: 1, heir: 'r2' })
    expect(run.written).toBe(named)
    const free = new LedgerRun([budget({ limitNano: 1_000 })])
    chain(free, 'begin', { nano: 1, heir: 'r1' })
    expect([free.rows.counts.scopes, free.written, free.ledger.heirs.size]).toEqual([2, 3, 0])
  })

  it('tells how much a provider holds for the next call, by the last count', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 1, heir: 'r1', tokens: 12_000 })
    chain(run, 'r1', { nano: 1, heir: 'r2' })
    run.crash()
    const held = (session: string) => {
      const answer = send(run, ask(`asked ${session}`, 1, { session, goesOn: true }))
      return answer.admitted ? answer.heldTokens : undefined
    }
    expect(['begin', 'r1', 'r2', 'unknown'].map(held)).toEqual([null, 12_000, null, null])
  })

  it('begins where it was set, and is one for all that goes on from there', () => {
    const run = new LedgerRun()
    chain(run, 'begin', { nano: 500, heir: 'r1' })
    const early = reserve(run, 'r1', 10)
    run.take(putBudget(run.ledger, EACH, run.now))
    end(run, early, { nano: 10, heir: 'r2' })
    chain(run, 'r2', { nano: 40, heir: 'r3' })
    expect(spentIn(run, 'r1')).toBe(50)
    expect(refused(run, 'r3', 51)).toMatchObject({ spentNano: 50 })
  })

  it('is forgotten with its session, the names too', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 90, heir: 'r1' })
    run.now += LEDGER_LIMITS.sessionIdleMs
    run.take(housekeep(run.ledger, run.now))
    expect([run.ledger.sessions.size, run.ledger.heirs.size, run.rows.counts.scopes]).toEqual([0, 0, 2])
    chain(run, 'r1', { nano: 90, heir: 'r2' })
    expect(spentIn(run, 'r1')).toBe(90)
    run.now += LEDGER_LIMITS.sessionIdleMs
    run.take(housekeep(run.ledger, run.now))
    expect([run.ledger.sessions.size, run.ledger.heirs.size, run.rows.counts.scopes]).toEqual([0, 0, 2])
  })

  it('keeps so many names of a session and no more, those that calls come by before those they do not', () => {
    const run = new LedgerRun([{ ...EACH, limitNano: 1e6 }])
    chain(run, 'past', { nano: 1, heir: 'r0' })
    for (let call = 1; call <= LEDGER_LIMITS.heirs + 20; call++) {
      chain(run, `r${call - 1}`, { nano: 1, heir: `r${call}` })
      if (call % 10 === 0) chain(run, 'r0', { nano: 1, heir: `fork ${call}` })
    }
    for (const crash of [false, true]) {
      if (crash) run.crash()
      expect(run.ledger.heirs.size).toBe(LEDGER_LIMITS.heirs)
      expect(['r0', 'r3', `r${LEDGER_LIMITS.heirs + 20}`].map((name) => run.ledger.heirs.has(name))).toEqual([
        true,
        false,
        true,
      ])
    }
  })

  it('bounds the names of all sessions together', () => {
    const { ledger } = new LedgerRun([EACH])
    const { heirs: each, heirsInAll } = LEDGER_LIMITS
    const scopes = Array.from({ length: Math.ceil(heirsInAll / each) + 2 }, (_, index) => {
      const scope = newScope(sessionScopeId(`s${index}`), { keyId: 'k1', lastAt: 0, told: {} })
      ledger.sessions.set(scope.id, scope)
      keepHeirs(
        ledger,
        scope,
        Array.from({ length: each }, (__, at) => [`s${index} r${at}`, null] as const),
      )
      return scope
    })
    expect(ledger.heirs.size).toBe(heirsInAll)
    expect([scopes[0], scopes.at(-1)].map((scope) => scope?.session?.heirs?.length)).toEqual([0, each])
    const listed = scopes.reduce((sum, { session }) => sum + (session?.heirs?.length ?? 0), 0)
    expect(listed).toBe(heirsInAll)
  })
})

describe('a call that came before the settlement it goes on from', () => {
  it('waits for it, where some other call of its key may be the one', () => {
    const run = new LedgerRun([EACH])
    const next = ask('next', 10, { session: 'r1', goesOn: true })
    expect(awaitedHeir(run.ledger, next)).toBeNull()
    const first = reserve(run, 'begin', 10)
    expect(awaitedHeir(run.ledger, next)).toBe('r1')
    expect(awaitedHeir(run.ledger, { ...next, goesOn: false })).toBeNull()
    expect(awaitedHeir(run.ledger, { ...next, keyHash: 'hash of k2' })).toBeNull()
    end(run, first, { nano: 10, heir: 'r1' })
    reserve(run, 'begin', 10)
    expect(awaitedHeir(run.ledger, next)).toBeNull()
    const free = new LedgerRun()
    reserve(free, 'begin', 10)
    expect(awaitedHeir(free.ledger, next)).toBeNull()
  })

  it('counts what began the conversation all the same', () => {
    const run = new LedgerRun([EACH])
    const first = reserve(run, 'begin', 60)
    const next = reserve(run, 'r1', 30)
    end(run, first, { nano: 60, heir: 'r1' })
    expect(refused(run, 'r1', 11)).toMatchObject({ code: 'budget_reserved', spentNano: 60, reservedNano: 30 })
    run.crash()
    end(run, next, { nano: 30, heir: 'r2' })
    expect([spentIn(run, 'begin'), spentIn(run, 'r1')]).toEqual([60, 90])
  })

  it.each([false, true])('and could not wait so long moves to its session, with what it holds (crash: %s)', (crash) => {
    const run = new LedgerRun([EACH])
    const first = reserve(run, 'past', 60)
    const next = reserve(run, 'r1', 30)
    if (crash) restart(run)
    end(run, first, { nano: 60, heir: 'r1' })
    expect([...run.ledger.sessions.keys()]).toEqual([sessionScopeId('past')])
    expect(outstanding(run.ledger.sessions.get(sessionScopeId('past'))!)).toBe(30)
    expect(refused(run, 'r1', 11)).toMatchObject({ code: 'budget_reserved', spentNano: 60, reservedNano: 30 })
    if (crash) restart(run)
    end(run, next, { nano: 30, heir: 'r2' })
    expect([spentIn(run, 'past'), spentIn(run, 'r1')]).toEqual([90, undefined])
    expect(outstanding(run.ledger.sessions.get(sessionScopeId('past'))!)).toBe(0)
    expect(refused(run, 'r2', 11)).toMatchObject({ spentNano: 90 })
  })

  it('is let go where it is held, though the name it came by is long forgotten', () => {
    const run = new LedgerRun([{ ...EACH, limitNano: 1e6 }])
    const first = reserve(run, 'past', 60)
    const next = reserve(run, 'r1', 30)
    run.take(journal(run.ledger))
    end(run, first, { nano: 60, heir: 'r1' })
    restart(run)
    for (let call = 0; call < LEDGER_LIMITS.heirs; call++) chain(run, 'past', { nano: 1, heir: `s${call}` })
    expect(run.ledger.heirs.has('r1')).toBe(false)
    run.take(settle(run.ledger, settlement(next, 30), run.now))
    expect(outstanding(run.ledger.sessions.get(sessionScopeId('past'))!)).toBe(0)
    expect(spentIn(run, 'past')).toBe(60 + 30 + LEDGER_LIMITS.heirs)
  })

  it('and has ended by then brings its money along, and what it left; thresholds are told once', () => {
    const run = new LedgerRun([EACH])
    const first = reserve(run, 'past', 60)
    chain(run, 'r1', { nano: 60, heir: 'r2' })
    end(run, first, { nano: 60, heir: 'r1' })
    run.crash()
    expect([spentIn(run, 'past'), run.ledger.sessions.get(sessionScopeId('past'))?.calls]).toEqual([120, 2])
    expect(refused(run, 'r2', 1)).toMatchObject({ code: 'budget_exceeded', spentNano: 120 })
    const told = [...run.rows.outbox.values()].map(({ message }) => ('kind' in message ? message.kind : ''))
    expect(told.filter((kind) => kind === 'threshold')).toHaveLength(1)
  })

  it('is charged where it belongs once its session tells where the conversation began', () => {
    const run = new LedgerRun([EACH])
    chain(run, 'begin', { nano: 30, heir: 'r0' })
    chain(run, 'r0', { nano: 20, heir: 'r1' })
    // Of this name the ledger knows nothing: it was forgotten, or its settlement was lost.
    const lost = reserve(run, 'r9', 40)
    const heir = { session: 'r10', contextTokens: null, begins: false }
    run.take(settle(run.ledger, { ...settlement(lost, 40), origin: 'r0', heir }, run.now))
    run.crash()
    expect([spentIn(run, 'r0'), run.rows.counts.scopes]).toEqual([90, 4])
    for (const name of ['r0', 'r1', 'r9', 'r10']) expect(refused(run, name, 11)).toMatchObject({ spentNano: 90 })
  })

  it('and was charged as an estimate is corrected there', () => {
    const run = new LedgerRun([EACH])
    const first = reserve(run, 'past', 60)
    run.now += LEDGER_LIMITS.silenceMs.usual
    run.take(housekeep(run.ledger, run.now))
    chain(run, 'r1', { nano: 30, heir: 'r2' })
    const heir = { session: 'r1', contextTokens: null, begins: false }
    const late = run.take(settle(run.ledger, { ...settlement(first, 20), heir }, run.now))
    expect(late).toEqual({ closed: true, how: 'corrected' })
    run.crash()
    expect(spentIn(run, 'past')).toBe(50)
    expect(refused(run, 'r2', 51)).toMatchObject({ spentNano: 50 })
  })
})

type Step =
  | { readonly do: 'begin'; readonly nano: number }
  | { readonly do: 'goOn'; readonly from: number; readonly nano: number }
  | { readonly do: 'settle'; readonly call: number; readonly share: number; readonly tells: boolean }
  | { readonly do: 'journal' | 'quiet' | 'crash' | 'housekeep' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), nano: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('goOn' as const),
      from: fc.nat(12),
      nano: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      call: fc.nat(6),
      share: fc.integer({ min: 0, max: 100 }),
      tells: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('journal' as const, 'quiet' as const, 'crash' as const, 'housekeep' as const),
    }),
  },
)

/** What a session ought to have spent and to hold at the least, by every name that leads to it. */
interface Group {
  spentNano: number
  heldNano: number
}

/** Conversations whose calls name nothing but the answer they go on from, in any order, beside the plain reading of them. */
class Chains {
  readonly run = new LedgerRun([EACH])
  readonly #groups = new Map<string, Group>()
  readonly #running: { token: Reservation; name: string; nano: number; answer: string; begins: boolean }[] = []
  /** Every answer that a client may have seen: its call may not be settled yet. */
  readonly #answers: string[] = []
  #next = 1

  take(one: Step): void {
    switch (one.do) {
      case 'begin':
        return this.#call(`begin ${this.#next % 4}`, one.nano)
      case 'goOn':
        return this.#call(this.#answers.at(-1 - (one.from % Math.max(1, this.#answers.length))) ?? 'past', one.nano)
      case 'settle':
        return this.#settle(one)
      case 'journal':
        return this.run.take(journal(this.run.ledger))
      case 'quiet':
        return this.run.take(exactMarks(this.run.ledger))
      case 'housekeep':
        return this.run.take(housekeep(this.run.ledger, this.run.now))
      case 'crash':
        return this.run.crash()
    }
  }

  #group(name: string): Group {
    const known = this.#groups.get(name) ?? { spentNano: 0, heldNano: 0 }
    this.#groups.set(name, known)
    return known
  }

  #call(name: string, nano: number): void {
    const group = this.#group(name)
    const heldNano = this.#heldIn(name)
    const answer = send(this.run, ask(`call ${this.#next}`, nano, { session: name, goesOn: true }))
    expect(answer.admitted).toBe(group.spentNano + heldNano + nano <= EACH.limitNano)
    if (!answer.admitted) {
      expect(answer.refusal).toMatchObject({ spentNano: group.spentNano })
      return
    }
    group.heldNano += nano
    const made = `resp ${this.#next++}`
    this.#answers.push(made)
    this.#running.push({ token: answer.reservation, name, nano, answer: made, begins: name.startsWith('begin') })
  }

  #settle({ call, share, tells }: Extract<Step, { do: 'settle' }>): void {
    const [ended] = this.#running.splice(call % Math.max(1, this.#running.length), 1)
    if (ended === undefined) return
    const nano = Math.floor((ended.nano * share) / 100)
    const { begins } = ended
    const heir = { session: ended.answer, contextTokens: null, begins }
    const settled = { ...settlement(ended.token, nano), ...(tells ? { heir } : {}) }
    expect(this.run.take(settle(this.run.ledger, settled, this.run.now))).toMatchObject({ how: 'charged' })
    const group = this.#group(ended.name)
    group.spentNano += nano
    group.heldNano -= ended.nano
    if (tells && begins) this.#group(ended.answer).spentNano += nano
    else if (tells) this.#join(group, ended.answer)
  }

  #join(group: Group, heir: string): void {
    const early = this.#group(heir)
    group.spentNano += early.spentNano
    group.heldNano += early.heldNano
    for (const [name, other] of this.#groups) if (other === early) this.#groups.set(name, group)
  }

  #scope(name: string): Scope | undefined {
    const { ledger } = this.run
    return ledger.sessions.get(sessionScopeId(sessionNamed(ledger, name)))
  }

  #heldIn(name: string): number {
    const scope = this.#scope(name)
    return scope === undefined ? 0 : outstanding(scope)
  }

  check(): void {
    const { ledger } = this.run
    for (const [name, group] of this.#groups) {
      const scope = this.#scope(name)
      expect(scope?.spent.total.nano ?? begunNano(ledger, name)).toBe(group.spentNano)
      // After a crash a sum is held that nobody can tell the calls of.
      const held = scope === undefined ? 0 : outstanding(scope)
      expect(held).toBeGreaterThanOrEqual(group.heldNano)
      if (ledger.epoch === 1) expect(held).toBe(group.heldNano)
      expect(scope?.markNano ?? 0).toBeGreaterThanOrEqual(held)
    }
    for (const [name, { session, heir }] of ledger.heirs) {
      expect(ledger.sessions.get(sessionScopeId(session))?.session?.heirs).toContainEqual(heir)
      // What leads elsewhere has nothing of its own.
      if (sessionNamed(ledger, name) !== name) expect(ledger.sessions.has(sessionScopeId(name))).toBe(false)
    }
  }
}

/** The long form: `HEADGATE_PROPERTY_RUNS=6000`. */
const numRuns = Number(process.env.HEADGATE_PROPERTY_RUNS ?? 200)
const timeout = 20_000 + 20 * numRuns

it(
  'whatever the order of calls, settlements and crashes, a conversation is one session to its budget',
  { timeout },
  () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
        const chains = new Chains()
        for (const one of steps) {
          chains.take(one)
          chains.check()
        }
      }),
      { numRuns },
    )
  },
)
