/** What a ledger tells besides its calls: each crossing once, from whatever it comes, and never twice after a crash. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/core/cascade/classify-failure.ts'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import type { DecisionRecord } from '../../../src/core/decisions/decision-record.ts'
import type { Reservation } from '../../../src/core/ledger/admission.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import { release, settle } from '../../../src/core/ledger/close.ts'
import { putBudget } from '../../../src/core/ledger/configure.ts'
import { cooldownsFor, healthAfterCall, reportHealth } from '../../../src/core/ledger/cooldowns.ts'
import { extend } from '../../../src/core/ledger/extend.ts'
import { housekeep, sent } from '../../../src/core/ledger/housekeeping.ts'
import { periodStart } from '../../../src/core/ledger/periods.ts'
import { currentWindow } from '../../../src/core/ledger/scope.ts'
import type { ReasonCode } from '../../../src/core/routing/reasons.ts'
import { ask, budget, keyRow, LedgerRun, NOON, settlement } from './ledger-fixtures.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const kinds = (run: LedgerRun) => run.tells.map(({ kind }) => kind)

function logged(id: string, more: Partial<DecisionRecord> = {}): DecisionRecord {
  const attempts = [{ target: 'p/m', outcome: 'answered', status: 200, ms: 1 }] as const
  return {
    id,
    tier: 1,
    keyId: 'k1',
    sessionId: 's',
    threadId: 't',
    turn: 1,
    reasons: [],
    attempts,
    considered: [],
    target: 'p/m',
    provider: 'p',
    ending: 'complete',
    costNano: 1,
    usage: NO_USAGE,
    ...more,
  } as unknown as DecisionRecord
}

/** Admits a call. */
function begin(run: LedgerRun, id: string, nano = 1): Reservation {
  const answer = run.take(admit(run.ledger, ask(id, nano), run.now))
  if (!answer.admitted) throw new Error(answer.refusal.code)
  return answer.reservation
}

function spend(run: LedgerRun, id: string, costNano: number, more: Partial<DecisionRecord> = {}): void {
  const request = { ...settlement(begin(run, id), costNano), record: logged(id, { costNano, ...more }) }
  run.take(settle(run.ledger, request, run.now))
}

describe('a cap that stops a call', () => {
  it('is told once for each of many keys, however they take turns', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `key-${index}`)
    const run = new LedgerRun(
      ids.map((id) => budget({ scope: `key:${id}`, limitNano: 10 })),
      ids.map((id) => keyRow(id)),
    )
    const refuse = (id: string) => run.take(admit(run.ledger, ask(id, 20, { keyHash: `hash of ${id}` }), run.now))
    for (const id of ids) {
      refuse(id)
      expect(kinds(run)).toEqual(['cap_hit'])
    }
    for (const id of ids) {
      expect(refuse(id)).toMatchObject({ admitted: false, refusal: { code: 'budget_exceeded' } })
      expect(run.written).toBe(0)
    }
    run.crash()
    // The newest are known after a restart too.
    refuse(ids.at(-1) ?? '')
    expect(run.written).toBe(0)
  })

  it('is told once a window, and a storm of refusals writes nothing more, also after a crash', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    spend(run, 'a', 100)
    const refuse = () => run.take(admit(run.ledger, ask('b', 1), run.now))
    expect(refuse()).toMatchObject({ admitted: false, refusal: { code: 'budget_exceeded' } })
    expect(run.tells).toEqual([
      {
        kind: 'cap_hit',
        id: `team-1:team:month:${periodStart('month', NOON)}:100`,
        teamId: 'team-1',
        budgetId: 'team:month',
        scope: 'team',
        scopeName: 'Team One',
        period: 'month',
        periodStartsAt: periodStart('month', NOON),
        spentNano: 100,
        limitNano: 100,
        tooLarge: false,
        resetsAt: Date.UTC(2026, 11, 1),
        at: NOON,
      },
    ])
    for (let storm = 0; storm < 1_000; storm++) {
      refuse()
      expect(run.written).toBe(0)
      if (storm % 100 === 0) run.crash()
    }
    run.now = Date.UTC(2026, 11, 1) + HOUR
    spend(run, 'c', 100)
    refuse()
    expect(kinds(run)).toEqual(['cap_hit'])
  })

  it('is told anew for another limit', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    spend(run, 'a', 100)
    run.take(admit(run.ledger, ask('b', 1), run.now))
    run.take(putBudget(run.ledger, budget({ limitNano: 100 }), run.now))
    run.take(admit(run.ledger, ask('b', 1), run.now))
    expect(kinds(run)).toEqual([])
    run.take(putBudget(run.ledger, budget({ limitNano: 90 }), run.now))
    run.take(admit(run.ledger, ask('b', 1), run.now))
    expect(run.tells).toMatchObject([{ kind: 'cap_hit', limitNano: 90 }])
  })

  it('is not told where only calls in flight are in the way', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    begin(run, 'a', 60)
    run.take(admit(run.ledger, ask('b', 60), run.now))
    expect([run.written, kinds(run)]).toEqual([0, []])
  })

  it('is told where it ends a stream', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const reservation = begin(run, 'a', 60)
    run.take(extend(run.ledger, { reservation, moreNano: 60 }, run.now))
    expect(kinds(run)).toEqual(['cap_hit'])
    run.take(extend(run.ledger, { reservation, moreNano: 60 }, run.now))
    expect(kinds(run)).toEqual([])
  })

  it('is told where it stood in the way of a call after its admission', () => {
    const run = new LedgerRun([budget({ limitNano: 100 }), budget({ scope: 'key:k1', limitNano: 50 })])
    const reservation = begin(run, 'a', 40)
    run.take(release(run.ledger, { reservation, record: null, stoppedBy: 'key:k1:month' }, run.now))
    expect(run.tells).toMatchObject([{ kind: 'cap_hit', scope: 'key:k1', scopeName: 'name of k1', limitNano: 50 }])
  })

  it('is told apart where the call was too large for all that is left, and its end is told all the same', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    spend(run, 'a', 30)
    const refuse = (nano: number) => {
      run.take(admit(run.ledger, ask('b', nano), run.now))
      return run.tells
    }
    expect(refuse(80)).toMatchObject([{ kind: 'cap_hit', tooLarge: true, spentNano: 30 }])
    expect(refuse(90)).toEqual([])
    run.crash()
    expect(refuse(80)).toEqual([])
    spend(run, 'c', 60)
    expect(refuse(80)).toMatchObject([{ kind: 'cap_hit', tooLarge: false, spentNano: 90 }])
    expect(refuse(80)).toEqual([])
  })

  it('is told of a stream that used it up by itself', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const reservation = begin(run, 'a', 95)
    run.take(extend(run.ledger, { reservation, moreNano: 10 }, run.now))
    expect(run.tells).toMatchObject([{ kind: 'cap_hit', tooLarge: false, spentNano: 0 }])
  })

  it('is none of a soft budget', () => {
    const run = new LedgerRun([budget({ limitNano: 100, mode: 'soft' })])
    spend(run, 'a', 200)
    begin(run, 'b')
    expect(kinds(run)).toEqual([])
  })
})

describe('a model without a price', () => {
  it('is told where a hard budget left it out and there was no other', () => {
    const run = new LedgerRun([budget()])
    const leftOut = { record: null, leftOut: ['p/m'] }
    run.take(release(run.ledger, { reservation: begin(run, 'a'), ...leftOut }, run.now))
    expect(run.tells).toMatchObject([{ kind: 'unpriced', target: 'p/m', leftOut: true }])
    run.take(release(run.ledger, { reservation: begin(run, 'b'), ...leftOut }, run.now))
    expect(run.tells).toEqual([])
  })

  it('is told once a month, each of them', () => {
    const run = new LedgerRun()
    spend(run, 'a', 0, { costNano: null })
    expect(run.tells).toMatchObject([{ kind: 'unpriced', target: 'p/m' }])
    spend(run, 'b', 0, { costNano: null })
    expect(kinds(run)).toEqual([])
    spend(run, 'c', 0, { costNano: null, target: 'p/other' })
    expect(run.tells).toMatchObject([{ kind: 'unpriced', target: 'p/other' }])
    run.crash()
    run.now += DAY
    spend(run, 'd', 0, { costNano: null })
    expect(kinds(run)).toEqual([])
    run.now += 31 * DAY
    spend(run, 'e', 0, { costNano: null })
    expect(kinds(run)).toEqual(['unpriced'])
  })

  it('that a hard budget left out is told too', () => {
    const run = new LedgerRun()
    const row = { target: 'mine/m', tier: 1, warmTokens: 0, nowNano: null, turnNano: null } as const
    const considered = [{ ...row, verdict: 'unpriced_under_hard_budget' }]
    spend(run, 'a', 5, { considered })
    expect(run.tells).toMatchObject([{ kind: 'unpriced', target: 'mine/m', leftOut: true }])
    spend(run, 'b', 5, { considered })
    expect(kinds(run)).toEqual([])
  })

  it('is not told of a call that was never sent', () => {
    const run = new LedgerRun()
    const reservation = begin(run, 'a')
    run.take(release(run.ledger, { reservation, record: logged('a', { costNano: null, attempts: [] }) }, run.now))
    expect(kinds(run)).toEqual([])
  })
})

describe('a cap of a turn', () => {
  const reasons: ReasonCode[] = ['task', 'no_progress_cap']

  it('is told once a turn, however often the agent comes back', () => {
    const run = new LedgerRun()
    const stop = (id: string, more: Partial<DecisionRecord> = {}) => {
      const stopped = logged(id, { reasons, ending: 'surfaced', attempts: [], ...more })
      run.take(release(run.ledger, { reservation: begin(run, id), record: stopped }, run.now))
      return kinds(run)
    }
    expect(stop('a')).toEqual(['iteration_cap'])
    expect(run.tells).toMatchObject([{ reason: 'no_progress_cap', keyName: 'name of k1', stopped: true, turn: 1 }])
    expect(stop('b')).toEqual([])
    run.crash()
    expect(stop('c')).toEqual([])
    expect(stop('d', { turn: 2 })).toEqual(['iteration_cap'])
    expect(stop('e', { reasons: ['session_call_cap'] })).toEqual(['iteration_cap'])
    expect(stop('f', { reasons: ['session_call_cap'], turn: 3 })).toEqual([])
  })

  it('that only alerts is told with the call that goes on', () => {
    const run = new LedgerRun()
    spend(run, 'a', 5, { reasons })
    expect(run.tells).toMatchObject([{ kind: 'iteration_cap', stopped: false }])
    spend(run, 'b', 5, { reasons })
    expect(kinds(run)).toEqual([])
  })
})

describe("a month's pace", () => {
  it('is told once a month, when days enough have shown it', () => {
    const run = new LedgerRun([budget({ limitNano: 1_000, mode: 'soft' })])
    run.now = Date.UTC(2026, 10, 2, 6)
    const told: string[] = []
    for (let day = 0; day < 8; day++) {
      for (const part of ['morning', 'evening']) {
        spend(run, `${day} ${part}`, 30)
        told.push(...run.tells.map(({ kind }) => `day ${day} ${part}: ${kind}`))
        if (day === 5) run.crash()
        run.now += DAY / 2
      }
    }
    // Three whole days and the fourth's morning; 60 a day make 1,700 a month.
    expect(told).toEqual(['day 3 morning: pace'])
  })

  it('is told of the days that were spent, over a crash', () => {
    const run = new LedgerRun([budget({ limitNano: 1_000 })])
    run.now = Date.UTC(2026, 10, 2, 12)
    for (let day = 0; day < 3; day++) {
      spend(run, `${day}`, 60)
      run.crash()
      run.now += DAY
    }
    spend(run, 'last', 60)
    expect(run.tells).toMatchObject([{ kind: 'pace', spentNano: 240, limitNano: 1_000, scopeName: 'Team One' }])
  })
})

describe('a cooldown', () => {
  const failed = (run: LedgerRun, requestId: string, more: { fault?: Fault; retryAfterMs?: number } = {}) =>
    run.take(
      reportHealth(
        run.ledger,
        {
          kind: 'failed',
          requestId,
          target: 'p/m',
          provider: 'p',
          fault: more.fault ?? 'overloaded',
          retryAfterMs: more.retryAfterMs ?? null,
          at: run.now,
        },
        run.now,
      ),
    )
  const answered = (run: LedgerRun, requestId: string) =>
    run.take(healthAfterCall(run.ledger, { requestId, record: logged(requestId) }, run.now))
  /** Two failures in a row, then the call that finds out fails too. */
  const goDown = (run: LedgerRun) => {
    failed(run, 'a')
    failed(run, 'b')
    run.now += 6_000
    cooldownsFor(run.ledger, 'probe', run.now)
    failed(run, 'probe')
  }
  const comeBack = (run: LedgerRun) => {
    run.now += 15_000
    cooldownsFor(run.ledger, 'finder', run.now)
    answered(run, 'finder')
  }

  it('of seconds is nobody’s business', () => {
    const run = new LedgerRun()
    failed(run, 'a', { retryAfterMs: 20_000 })
    expect([run.written, kinds(run)]).toEqual([0, []])
  })

  it('is told when the call that tried again failed too, and when an answer came back', () => {
    const run = new LedgerRun()
    goDown(run)
    expect(run.tells).toMatchObject([{ kind: 'cooling', target: 'p/m' }])
    failed(run, 'c')
    expect(run.written).toBe(0)
    comeBack(run)
    expect(run.tells).toMatchObject([{ kind: 'back', target: 'p/m', since: NOON + 6_000 }])
    answered(run, 'later')
    expect(run.written).toBe(0)
  })

  it('is told when the provider asks for a minute or more, and its end also after a crash', () => {
    const run = new LedgerRun()
    failed(run, 'a', { retryAfterMs: 2 * MINUTE })
    expect(kinds(run)).toEqual(['cooling'])
    run.crash()
    answered(run, 'b')
    expect(kinds(run)).toEqual(['back'])
  })

  it('that comes and goes is told once an hour', () => {
    const run = new LedgerRun()
    const told: string[] = []
    for (let round = 0; round < 30; round++) {
      goDown(run)
      told.push(...kinds(run))
      comeBack(run)
      told.push(...kinds(run))
      run.now += 4 * MINUTE
    }
    expect(told.length).toBeGreaterThanOrEqual(4)
    expect(told.length).toBeLessThanOrEqual(6)
    expect(told.filter((kind) => kind === 'cooling').length).toBe(told.filter((kind) => kind === 'back').length)
  })
})

type Step =
  | { readonly do: 'spend'; readonly nano: number; readonly unpriced: boolean; readonly capped: boolean }
  | { readonly do: 'again' }
  | { readonly do: 'crash' }
  | { readonly do: 'refuse' }
  | { readonly do: 'alarm'; readonly lost: boolean }
  | { readonly do: 'wait'; readonly ms: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('spend' as const),
      nano: fc.integer({ min: 1, max: 300 }),
      unpriced: fc.boolean(),
      capped: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('alarm' as const), lost: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(MINUTE, 5 * HOUR, DAY, 8 * DAY, 31 * DAY),
    }),
  },
)

/** A ledger, what crossings it came to, and what of them arrived. */
class World {
  readonly budgets = [
    budget({ limitNano: 1_000, thresholds: [0.5, 0.8, 0.95] }),
    budget({ scope: 'key:k1', period: 'day', limitNano: 500, thresholds: [0.5, 1] }),
  ]
  readonly run = new LedgerRun(this.budgets)
  /** Names of the notices, once for each row of the outbox that was ever written. */
  readonly rows: string[] = []
  readonly arrived = new Set<string>()
  readonly crossed = new Set<string>()
  #next = 0
  #latest: () => void = () => undefined

  take(step: Step): void {
    if (step.do === 'spend') this.#spend(step)
    else if (step.do === 'refuse') this.#admit(2_000)
    else if (step.do === 'again') this.#latest()
    else if (step.do === 'crash') this.run.crash()
    else if (step.do === 'wait') this.run.now += step.ms
    else this.alarm(step.lost)
    this.#noteThresholds()
  }

  /** Everything in the outbox is sent; should the ledger die then, it is sent again. */
  alarm(lost: boolean): void {
    this.#write(housekeep(this.run.ledger, this.run.now))
    const sending = [...this.run.rows.outbox.values()].sort((a, b) => a.seq - b.seq)
    for (const { message } of sending) if ('kind' in message) this.arrived.add(`${message.kind} ${message.id}`)
    if (lost) this.run.crash()
    else this.#write(sent(this.run.ledger, sending))
  }

  #admit(nano: number): Reservation | null {
    const answer = this.#write(admit(this.run.ledger, ask(`call ${this.#next++}`, nano), this.run.now))
    if (answer.admitted) return answer.reservation
    // What a crash left unknown is held for a while.
    if (answer.refusal.code !== 'budget_exceeded') return null
    const { budgetId, limitNano, period, spentNano } = answer.refusal
    const size = spentNano < 0.9 * limitNano ? ':too_large' : ''
    this.crossed.add(`cap_hit team-1:${budgetId}:${periodStart(period, this.run.now)}:${limitNano}${size}`)
    return null
  }

  #spend({ nano, unpriced, capped }: Extract<Step, { do: 'spend' }>): void {
    const reservation = this.#admit(1)
    if (reservation === null) return
    const costNano = unpriced ? null : nano
    const record = logged(reservation.requestId, { costNano, reasons: capped ? ['iteration_cap'] : [] })
    const request = { ...settlement(reservation, costNano ?? 0), record }
    this.#latest = () => this.#write(settle(this.run.ledger, request, this.run.now))
    this.#latest()
    if (unpriced) this.crossed.add(`unpriced team-1:p/m:${periodStart('month', this.run.now)}`)
    if (capped) this.crossed.add('iteration_cap team-1:s:t:1:iteration_cap')
  }

  /** Only the highest that one charge passes is told. */
  #noteThresholds(): void {
    for (const { id, scope, period, limitNano, thresholds } of this.budgets) {
      const over = [...this.run.ledger.scopes.values()].find((known) => known.id === scope)
      if (over === undefined) continue
      const spent = currentWindow(over, period, this.run.now)
      const reached = thresholds.findLast((share) => spent.nano >= share * limitNano)
      if (reached !== undefined) this.crossed.add(`threshold team-1:${id}:${spent.startsAt}:${limitNano}:${reached}`)
    }
  }

  #write<Answer>(step: Parameters<LedgerRun['take']>[0] & { readonly answer?: Answer }): Answer {
    const answer = this.run.take<Answer>(step)
    this.rows.push(...this.run.tells.map(({ kind, id }) => `${kind} ${id}`))
    return answer
  }
}

describe('every crossing', () => {
  it('reaches the log, as one row of the outbox, whatever crashes and repeats', () => {
    const seenKinds = new Set<string>()
    const property = fc.property(fc.array(anyStep, { minLength: 1, maxLength: 60, size: 'max' }), (script) => {
      const world = new World()
      for (const step of script) world.take(step)
      world.run.crash()
      world.alarm(false)
      expect([...world.crossed].filter((crossing) => !world.arrived.has(crossing))).toEqual([])
      for (const name of world.arrived) seenKinds.add(kindOf(name))
      // A turn's cap is forgotten after a day; told again, it has the same name.
      const once = world.rows.filter((name) => kindOf(name) !== 'iteration_cap')
      expect(once.length).toBe(new Set(once).size)
    })
    // The same scripts every time, so that each kind is known to come up; then others.
    fc.assert(property, { seed: 1, numRuns: 300 })
    expect([...seenKinds]).toEqual(
      expect.arrayContaining(['cap_hit', 'threshold', 'unpriced', 'iteration_cap', 'pace']),
    )
    fc.assert(property, { numRuns: Number(process.env.HEADGATE_PROPERTY_RUNS ?? 200) })
  })
})

const kindOf = (name: string) => name.slice(0, name.indexOf(' '))
