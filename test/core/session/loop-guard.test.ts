import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolvePolicy, type Policy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import { guardLoop } from '../../../src/core/session/loop-guard.ts'
import { rounds, ScriptedSession } from './scripted-session.ts'

type Caps = Policy['iterations']

const capsOf = (iterations: PolicyJson['iterations'], rules: 'default' | 'literal' = 'default'): Caps =>
  resolvePolicy({ schema: 1, rules, iterations }).iterations

const FIRST = { iteration: 1, iterationsWithoutProgress: 1, repeatedCalls: 0, treeIterations: 1, sessionCalls: 0 }

describe('the shipped caps', () => {
  it('let 100 calls of a turn pass and surface the next', () => {
    const view = { ...FIRST, iteration: 100, treeIterations: 100 }
    expect(guardLoop(view, capsOf({}), 'main').action).toBe('pass')
    expect(guardLoop({ ...view, iteration: 101 }, capsOf({}), 'main')).toEqual({
      action: 'surface',
      reason: 'iteration_cap',
      limit: 100,
      count: 100,
      crossing: true,
    })
  })

  it('let 25 calls without progress pass and surface the next', () => {
    const view = { ...FIRST, iteration: 60, iterationsWithoutProgress: 25 }
    expect(guardLoop(view, capsOf({}), 'main').action).toBe('pass')
    const over = { ...view, iterationsWithoutProgress: 26 }
    expect(guardLoop(over, capsOf({}), 'main')).toMatchObject({ action: 'surface', reason: 'no_progress_cap' })
  })

  it('surface when the same call was made for the fifth time', () => {
    const view = { ...FIRST, iteration: 9, repeatedCalls: 4 }
    expect(guardLoop(view, capsOf({}), 'main').action).toBe('pass')
    const over = { ...view, repeatedCalls: 5 }
    expect(guardLoop(over, capsOf({}), 'main')).toMatchObject({
      action: 'surface',
      reason: 'repeated_call_cap',
      count: 5,
    })
  })

  it('of the literal rules count calls alone', () => {
    const caps = capsOf({}, 'literal')
    expect(guardLoop({ ...FIRST, iteration: 25, iterationsWithoutProgress: 25 }, caps, 'main').action).toBe('pass')
    expect(guardLoop({ ...FIRST, iteration: 26 }, caps, 'main')).toMatchObject({ reason: 'iteration_cap', limit: 25 })
  })

  it('set no bound to a sub-agent tree or a session', () => {
    const view = { ...FIRST, treeIterations: 5_000, sessionCalls: 50_000 }
    expect(guardLoop(view, capsOf({}), 'main').action).toBe('pass')
  })
})

describe('caps a policy sets', () => {
  it('bound a sub-agent tree, for each thread of it', () => {
    const caps = capsOf({ perSubagentTree: 30 })
    expect(guardLoop({ ...FIRST, treeIterations: 30 }, caps, 'subagent').action).toBe('pass')
    for (const kind of ['main', 'subagent'] as const) {
      expect(guardLoop({ ...FIRST, treeIterations: 31 }, caps, kind)).toMatchObject({ reason: 'subagent_tree_cap' })
    }
  })

  it('bound a session, also at the first call of a turn', () => {
    const caps = capsOf({ perSession: 10 })
    expect(guardLoop({ ...FIRST, sessionCalls: 9 }, caps, 'main').action).toBe('pass')
    expect(guardLoop({ ...FIRST, sessionCalls: 10 }, caps, 'main')).toMatchObject({ reason: 'session_call_cap' })
  })

  it.each(['surface', 'block', 'alert'] as const)('%s', (onCap) => {
    expect(guardLoop({ ...FIRST, iteration: 101 }, capsOf({ onCap }), 'main').action).toBe(onCap)
  })

  it('alert once where the count goes on', () => {
    const caps = capsOf({ onCap: 'alert', withoutProgress: null })
    const crossings = [100, 101, 102, 103].map((iteration) => guardLoop({ ...FIRST, iteration }, caps, 'main'))
    expect(crossings.map((verdict) => verdict.action !== 'pass' && verdict.crossing)).toEqual([
      false,
      true,
      false,
      false,
    ])
  })

  it('tell the one that a new message does not open first', () => {
    const everything = {
      iteration: 200,
      iterationsWithoutProgress: 200,
      repeatedCalls: 9,
      treeIterations: 200,
      sessionCalls: 200,
    }
    const order = ['session_call_cap', 'repeated_call_cap', 'no_progress_cap', 'iteration_cap', 'subagent_tree_cap']
    const off = [{}, { perSession: null }, { sameCall: null }, { withoutProgress: null }, { perTurn: null }]
    let caps = capsOf({ perSession: 100, perSubagentTree: 100 })
    const told = off.map((without) => {
      caps = { ...caps, ...without }
      const verdict = guardLoop(everything, caps, 'main')
      return verdict.action === 'pass' ? null : verdict.reason
    })
    expect(told).toEqual(order)
  })
})

it('never stops a title or a compaction', () => {
  const view = {
    iteration: 999,
    iterationsWithoutProgress: 999,
    repeatedCalls: 99,
    treeIterations: 999,
    sessionCalls: 999,
  }
  for (const kind of ['utility', 'compaction'] as const) {
    expect(guardLoop(view, capsOf({ perSession: 1, perSubagentTree: 1 }), kind)).toEqual({ action: 'pass' })
  }
})

const someCap = fc.option(fc.integer({ min: 1, max: 60 }), { nil: null })
const someCount = fc.integer({ min: 1, max: 80 })

it('stops exactly what has reached some cap, and whatever stops goes on stopping as counts grow', () => {
  fc.assert(
    fc.property(
      fc.record({
        withoutProgress: someCap,
        perTurn: someCap,
        sameCall: someCap,
        perSubagentTree: someCap,
        perSession: someCap,
      }),
      fc.tuple(someCount, someCount, someCount, someCount, someCount),
      fc.nat(4),
      (limits, [iteration, iterationsWithoutProgress, repeatedCalls, treeIterations, sessionCalls], grown) => {
        const caps: Caps = { ...limits, onCap: 'surface' }
        const view = { iteration, iterationsWithoutProgress, repeatedCalls, treeIterations, sessionCalls }
        const over = [
          iteration > (caps.perTurn ?? Infinity),
          iterationsWithoutProgress > (caps.withoutProgress ?? Infinity),
          repeatedCalls >= (caps.sameCall ?? Infinity),
          treeIterations > (caps.perSubagentTree ?? Infinity),
          sessionCalls >= (caps.perSession ?? Infinity),
        ]
        const stops = guardLoop(view, caps, 'main').action === 'surface'
        expect(stops).toBe(over.includes(true))
        const name = Object.keys(view)[grown] as keyof typeof view
        if (stops) expect(guardLoop({ ...view, [name]: view[name] + 1 }, caps, 'main').action).toBe('surface')
      },
    ),
  )
})

describe('the counts of a session', () => {
  const caps = capsOf({ perTurn: 4, withoutProgress: null })
  const stopped = (view: ReturnType<ScriptedSession['begin']>): boolean =>
    guardLoop(view, caps, view.call.kind).action !== 'pass'

  /** What the gateway does: a stopped call is dropped, any other recorded. */
  function play(session: ScriptedSession, messages: readonly string[], more = {}): boolean {
    const view = session.begin(messages, more)
    const stops = stopped(view)
    if (stops) session.drop(view)
    else session.record(view)
    return stops
  }

  it('stop a turn at its cap, again and again, until someone types', () => {
    const session = new ScriptedSession()
    const stops = [0, 1, 2, 3, 4, 4].map((count) => play(session, rounds('fix', count)))
    expect(stops).toEqual([false, false, false, false, true, true])
    const surfaced = [...rounds('fix', 4), 'assistant Headgate stopped']
    expect(play(session, [...surfaced, 'nudge of the client itself'], { startsTurn: false })).toBe(true)
    expect(play(session, [...surfaced, 'user continue'])).toBe(false)
    expect(session.begin([...surfaced, 'user continue', 'assistant call', 'result'])).toMatchObject({
      turn: 2,
      iteration: 2,
    })
  })

  it('survive a restart', () => {
    const session = new ScriptedSession()
    for (const count of [0, 1, 2, 3]) play(session, rounds('fix', count))
    session.restart()
    expect(play(session, rounds('fix', 4))).toBe(true)
  })

  it('survive a compaction, which passes itself', () => {
    const session = new ScriptedSession()
    for (const count of [0, 1, 2, 3]) play(session, rounds('fix', count))
    const compacting = { compaction: true, startsTurn: false }
    expect(play(session, [...rounds('fix', 3), 'assistant call', 'user summarise'], compacting)).toBe(false)
    expect(play(session, ['user summary', 'result'], { startsTurn: false })).toBe(true)
  })

  it('of parallel sub-agents are their own, and their parent goes on counting its own', () => {
    const session = new ScriptedSession()
    play(session, rounds('big', 0))
    for (const count of [0, 1, 2, 3]) {
      for (const hint of ['left', 'right', 'third']) {
        expect(play(session, rounds(hint, count), { subagent: true, threadHint: hint })).toBe(false)
      }
    }
    expect(play(session, rounds('left', 4), { subagent: true, threadHint: 'left' })).toBe(true)
    expect([1, 2, 3, 4].map((count) => play(session, rounds('big', count)))).toEqual([false, false, false, true])
  })

  it('of a tree add up over its threads, each stopped call left out', () => {
    const tree = capsOf({ perSubagentTree: 7, withoutProgress: null })
    const session = new ScriptedSession()
    session.call(rounds('big', 0))
    const left = { subagent: true, threadHint: 'left' }
    const right = { subagent: true, threadHint: 'right' }
    for (const count of [0, 1, 2]) {
      for (const of of [left, right]) session.call(rounds(of.threadHint, count), of)
    }
    for (const again of [1, 2]) {
      const view = session.begin(rounds('left', 3), left)
      expect([again, guardLoop(view, tree, 'subagent')]).toMatchObject([again, { action: 'surface', count: 7 }])
      session.drop(view)
    }
    expect(guardLoop(session.begin(rounds('big', 1)), tree, 'main')).toMatchObject({ reason: 'subagent_tree_cap' })
    const next = session.begin([...rounds('big', 1), 'assistant stopped', 'user on'])
    expect(guardLoop(next, tree, 'main').action).toBe('pass')
  })

  it('of the same call begin anew with what someone types', () => {
    const session = new ScriptedSession()
    for (const count of [0, 1, 2, 3]) session.call(rounds('fix', count), count === 0 ? {} : { callHash: 5 })
    // The person interrupts: the last call's result and their words come in one request.
    const typed = session.call([...rounds('fix', 4), 'user stop that'], { callHash: 5 })
    expect([typed.turn, typed.repeatedCalls]).toEqual([2, 1])
    const again = session.call([...rounds('fix', 4), 'user stop that', 'assistant call', 'result'], { callHash: 5 })
    expect(again.repeatedCalls).toBe(2)
  })
})
