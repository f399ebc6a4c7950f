import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { dropCall } from '../../../src/core/session/begin-call.ts'
import type { BegunSession } from '../../../src/core/session/call-opening.ts'
import { iterationsToCountOn } from '../../../src/core/session/horizon.ts'
import { awaitedCall } from '../../../src/core/session/place-call.ts'
import { LIMITS } from '../../../src/core/session/session-state.ts'
import { BYTES_PER_MESSAGE, rounds, ScriptedSession, STATIC_BYTES } from './scripted-session.ts'

describe('a main loop', () => {
  it('counts iterations inside a turn and begins a turn with what was typed', () => {
    const session = new ScriptedSession()
    const views = [0, 1, 2, 3].map((count) => session.call(rounds('fix it', count)))
    expect(views.map((view) => [view.turn, view.iteration])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
    ])
    expect(new Set(views.map((view) => view.threadId)).size).toBe(1)
    const next = session.call([...rounds('fix it', 3), 'assistant done', 'user now the other'])
    expect([next.turn, next.iteration, next.threadId]).toEqual([2, 1, views[0]?.threadId])
  })

  it('counts iterations without progress anew after an edit or passing tests', () => {
    const session = new ScriptedSession()
    const without = [
      session.call(rounds('fix', 0)),
      session.call(rounds('fix', 1)),
      session.call(rounds('fix', 2), { edited: true }),
      session.call(rounds('fix', 3)),
      session.call(rounds('fix', 4), { testsPassed: true }),
      session.call(rounds('fix', 5), { testsFailed: true }),
    ]
    expect(without.map((view) => view.iterationsWithoutProgress)).toEqual([1, 2, 1, 2, 1, 2])
    expect(without.at(-1)?.iteration).toBe(6)
  })

  it('counts tool errors in a row over calls; one success breaks the row', () => {
    const session = new ScriptedSession()
    const errors = [
      session.call(rounds('fix', 0)),
      session.call(rounds('fix', 1), { toolErrors: 1 }),
      session.call(rounds('fix', 2), { toolErrors: 2, toolResults: 2 }),
      session.call(rounds('fix', 3), { toolErrors: 1, toolResults: 2 }),
      session.call(rounds('fix', 4), { toolErrors: 1 }),
    ]
    expect(errors.map((view) => view.toolErrorsInARow)).toEqual([0, 1, 3, 0, 1])
  })

  it('counts the same tool call again and again', () => {
    const session = new ScriptedSession()
    const hashesOfCalls = [null, 5, 5, 5, 6, 5]
    const views = hashesOfCalls.map((callHash, count) => session.call(rounds('fix', count), { callHash }))
    expect(views.map((view) => view.repeatedCalls)).toEqual([0, 1, 2, 3, 1, 1])
  })

  it('tells context, growth and what was learned', () => {
    const session = new ScriptedSession()
    const first = session.call(rounds('fix', 0))
    expect(first).toMatchObject({
      lastContextTokens: null,
      threadStartTokens: null,
      turnStartTokens: null,
      lastCallAt: null,
    })
    for (const count of [1, 2, 3]) session.call(rounds('fix', count))
    const view = session.begin(rounds('fix', 4))
    const prompt = (STATIC_BYTES + 7 * BYTES_PER_MESSAGE) / 4
    expect(view.lastContextTokens).toBe(prompt + BYTES_PER_MESSAGE / 4)
    expect(view.lastContextBytes).toBe(STATIC_BYTES + 8 * BYTES_PER_MESSAGE)
    expect(view.lastPromptTokens).toBe(prompt)
    expect(view.threadStartTokens).toBe((STATIC_BYTES + BYTES_PER_MESSAGE) / 4)
    expect(view.bytesPerToken).toBeCloseTo(4)
    expect(view.growthPerCall).toBe((2 * BYTES_PER_MESSAGE) / 4)
    expect(view.expectedOutput).toBe(BYTES_PER_MESSAGE / 4)
    expect(view.previousRequestId).toBe('request-4')
    expect(view.spentNano).toBe(4_000)
    expect(view.sessionCalls).toBe(4)
  })

  it('measures a new turn from its own first call', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    session.call(rounds('fix', 1))
    const second = [...rounds('fix', 1), 'assistant done', 'user more']
    expect(session.call(second).turnStartTokens).toBeNull()
    const view = session.call([...second, 'assistant call', 'result'])
    expect(view.turnStartTokens).toBe((STATIC_BYTES + second.length * BYTES_PER_MESSAGE) / 4)
    expect(view.threadStartTokens).toBe((STATIC_BYTES + BYTES_PER_MESSAGE) / 4)
  })

  it('counts context in reference tokens whatever the target counts', () => {
    const session = new ScriptedSession()
    const begun = session.begin(rounds('fix', 0))
    const usage = { ...session.outcome(begun).usage!, inputTokens: 1_300, outputTokens: 130 }
    session.record(begun, { usage, tokenizerRatio: 1.3 })
    expect(session.begin(rounds('fix', 1)).lastContextTokens).toBe(1_100)
  })

  it('learns what a call adds, each task by itself, near the conversation while it was seen seldom', () => {
    const session = new ScriptedSession()
    const messages: string[] = []
    let tokens = 1_000
    const turn = (taskType: 'bug_fix' | 'docstring', added: number, calls: number): void => {
      messages.push(`user ${taskType} ${messages.length}`)
      for (let call = 0; call < calls; call += 1) {
        if (call > 0) messages.push(`assistant ${messages.length}`, `result ${messages.length}`)
        tokens += added
        const usage = { ...NO_USAGE, inputTokens: tokens - 50, outputTokens: 50 }
        const pinned = { taskType, tier: 2, target: 'provider/model', evidenceSteps: 0 } as const
        session.call(messages, {}, { taskType, usage, pinned })
      }
      messages.push('assistant done')
    }
    const next = () => session.begin([...messages, 'user next'])
    turn('bug_fix', 100, 4)
    expect(next()).toMatchObject({ growthPerCall: 100, growthByTask: { bug_fix: 100 } })
    for (let again = 0; again < 6; again += 1) {
      turn('docstring', 1_000, 4)
      turn('bug_fix', 100, 4)
    }
    session.restart()
    const { growthPerCall, growthByTask } = next()
    expect(growthByTask?.bug_fix).toBeLessThan(growthPerCall!)
    expect(growthByTask?.docstring).toBeGreaterThan(growthPerCall!)
    expect(growthByTask?.architecture).toBeUndefined()
    // Inside a turn its task is known.
    messages.push('user again')
    session.call(
      messages,
      {},
      { pinned: { taskType: 'docstring', tier: 1, target: 'provider/model', evidenceSteps: 0 } },
    )
    const inside = session.begin([...messages, 'assistant call', 'result call'])
    expect(inside.growthByTask).toBeUndefined()
    expect(inside.growthPerCall).toBeGreaterThan(growthPerCall!)
  })

  it('learns how long turns last, the one that has just ended included', () => {
    const talk = (lengths: readonly number[]): BegunSession => {
      const session = new ScriptedSession()
      const messages: string[] = []
      for (const [turn, length] of lengths.entries()) {
        messages.push(`user turn ${turn}`)
        session.call(messages)
        for (let call = 1; call < length; call++) {
          messages.push(`assistant call ${call}`, `result ${turn} ${call}`)
          session.call(messages)
        }
        messages.push('assistant done')
      }
      messages.push('user next')
      return session.begin(messages)
    }
    const expected = (...recentTurns: number[]): number => iterationsToCountOn({ iteration: 1, recentTurns, pace: 1 })
    expect(talk([2, 4, 6, 4]).expectedIterationsLeft).toBeCloseTo(expected(2, 4, 6, 4), 9)
    expect(talk([9, 2, 4, 6, 1]).expectedIterationsLeft).toBeCloseTo(expected(2, 4, 6, 1), 9)
    // All turns were of this task, so that it is no different from the session.
    expect(talk([2, 4, 6, 4]).iterationsLeftByTask?.bug_fix).toBeCloseTo(expected(2, 4, 6, 4), 9)
    expect(talk([2]).iterationsLeftByTask?.architecture).toBeUndefined()
    // Before a turn has ended the session knows nothing of its own.
    expect(talk([])).toMatchObject({ expectedIterationsLeft: null, iterationsLeftByTask: {} })
  })
})

describe('the pinned choice', () => {
  it('is kept inside the turn and dropped by the next one', () => {
    const session = new ScriptedSession()
    expect(session.call(rounds('fix', 0)).pinned).toBeNull()
    expect(session.call(rounds('fix', 1)).pinned).toMatchObject({ taskType: 'bug_fix', target: 'provider/model' })
    expect(session.call([...rounds('fix', 1), 'assistant done', 'user more']).pinned).toBeNull()
  })

  it('stays known to a turn that says "go on" or complains, without the evidence of the turn before', () => {
    for (const said of [{ acknowledgement: true }, { complaint: true }]) {
      const session = new ScriptedSession()
      const pinned = { taskType: 'refactor', tier: 2, target: 'provider/model', evidenceSteps: 2 } as const
      session.call(rounds('fix', 0), {}, { pinned })
      const view = session.begin([...rounds('fix', 0), 'assistant done', 'user words'], said)
      expect(view.pinned).toEqual({ ...pinned, evidenceSteps: 0 })
      expect([view.turn, view.iteration]).toEqual([2, 1])
    }
  })
})

describe('sub-agents', () => {
  it('have threads of their own, side by side, and count for the turn they work for', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('big task', 0))
    const left = session.begin(['user search left'], { subagent: true, threadHint: 'left' })
    const right = session.begin(['user search right'], { subagent: true, threadHint: 'right' })
    const nested = session.begin(['user deeper'], { subagent: true, threadHint: 'nested' })
    expect(new Set([main, left, right, nested].map((view) => view.threadId)).size).toBe(4)
    expect(left.call.rootThreadId).toBe(main.threadId)
    expect(nested.call.rootThreadId).toBe(main.threadId)
    for (const view of [right, nested, left]) session.record(view)
    const on = session.call(rounds('search left', 1), { subagent: true, threadHint: 'left' })
    expect([on.threadId, on.turn, on.iteration]).toEqual([left.threadId, 1, 2])
    expect(on.treeIterations).toBe(5)
    const back = session.call(rounds('big task', 1))
    expect([back.threadId, back.iteration, back.treeIterations]).toEqual([main.threadId, 2, 6])
    const next = session.call([...rounds('big task', 1), 'assistant done', 'user more'])
    expect([next.turn, next.treeIterations]).toEqual([2, 1])
  })

  it('cost what the turn they work for costs', () => {
    const session = new ScriptedSession()
    const worker = { subagent: true, threadHint: 'worker' }
    expect(session.call(rounds('big task', 0), {}, { costNano: 100 }).turnSpentNano).toBe(0)
    expect(session.call(rounds('part', 0), worker, { costNano: 30 }).turnSpentNano).toBe(100)
    session.call(rounds('part', 1), worker, { costNano: 4, ending: 'upstream_cut' })
    session.restart()
    // Tried again: counted once, paid twice.
    const again = session.call(rounds('part', 1), { ...worker, clientRetry: true }, { costNano: 5 })
    expect([again.turnSpentNano, again.treeIterations]).toEqual([134, 3])
    const back = session.call(rounds('big task', 1), {}, { costNano: 1 })
    expect([back.turnSpentNano, back.treeIterations]).toEqual([139, 4])
    const next = session.begin([...rounds('big task', 1), 'assistant done', 'user more'])
    expect([next.turnSpentNano, next.spentNano]).toEqual([0, 140])
  })

  it('are told apart by their conversations where the client sends no hint', () => {
    const session = new ScriptedSession()
    session.call(rounds('big task', 0))
    const one = session.call(rounds('one', 0), { subagent: true })
    const two = session.call(rounds('two', 0), { subagent: true })
    expect(session.call(rounds('one', 1), { subagent: true }).threadId).toBe(one.threadId)
    expect(session.call(rounds('two', 1), { subagent: true }).threadId).toBe(two.threadId)
  })

  it('with the same words but different hints are different', () => {
    const session = new ScriptedSession()
    const one = session.call(rounds('same', 0), { subagent: true, threadHint: 'a' })
    const two = session.call(rounds('same', 0), { subagent: true, threadHint: 'b' })
    expect(two.threadId).not.toBe(one.threadId)
    expect(session.call(rounds('same', 1), { subagent: true, threadHint: 'a' }).threadId).toBe(one.threadId)
  })
})

describe('forks', () => {
  it('an edited message forks from the request it shares, and goes on counting from there', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    session.call(rounds('fix', 1))
    session.call(rounds('fix', 2))
    const edited = session.call([...rounds('fix', 1), 'assistant call 2', 'user no, do this'])
    expect(edited.threadId).not.toBe(main.threadId)
    expect(edited.parentThreadId).toBe(main.threadId)
    expect([edited.turn, edited.iteration]).toEqual([2, 1])
    expect(edited.lastContextTokens).toBe((STATIC_BYTES + 3 * BYTES_PER_MESSAGE) / 4)
    expect(session.call(rounds('fix', 3)).threadId).toBe(main.threadId)
  })

  it('a rewind to an earlier request forks there and repeats nothing it did not share', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    for (const count of [1, 2, 3]) session.call(rounds('fix', count))
    const rewound = session.call([...rounds('fix', 0), 'assistant other call', 'result other'])
    expect(rewound.parentThreadId).toBe(main.threadId)
    expect([rewound.turn, rewound.iteration]).toEqual([1, 2])
  })

  it('a conversation whose middle was rewritten keeps its turn and iteration', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    for (const count of [1, 2, 3, 4]) session.call(rounds('fix', count))
    const cleared = rounds('fix', 5).map((message, index) => (index === 4 ? 'result cleared' : message))
    const view = session.call(cleared)
    expect(view.parentThreadId).toBe(main.threadId)
    expect([view.turn, view.iteration]).toEqual([1, 6])
  })

  it('an answer thrown away and asked for again repeats its iteration in a fork', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    session.call(rounds('fix', 1))
    const again = session.call(rounds('fix', 1))
    expect(again.parentThreadId).toBe(main.threadId)
    expect([again.turn, again.iteration]).toEqual([1, 2])
  })

  it('two different requests that go on from one answer at once fork apart', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    const one = session.begin([...rounds('fix', 0), 'assistant a', 'result 1'])
    const two = session.begin([...rounds('fix', 0), 'assistant a', 'result 2'])
    expect(one.threadId).toBe(main.threadId)
    expect(two.threadId).not.toBe(main.threadId)
    expect(two.parentThreadId).toBe(main.threadId)
  })
})

describe('identical beginnings', () => {
  it('side by side get a thread each, and each goes on in its own', () => {
    const session = new ScriptedSession()
    const one = session.begin(rounds('script', 0))
    const two = session.begin(rounds('script', 0))
    expect(two.threadId).not.toBe(one.threadId)
    session.record(one)
    session.record(two)
    const oneOn = session.begin(rounds('script', 1, 'first'))
    const twoOn = session.begin(rounds('script', 1, 'second'))
    expect(new Set([oneOn.threadId, twoOn.threadId])).toEqual(new Set([one.threadId, two.threadId]))
    session.record(twoOn)
    session.record(oneOn)
    expect(session.call(rounds('script', 2, 'second'))).toMatchObject({ threadId: twoOn.threadId, iteration: 3 })
    expect(session.call(rounds('script', 2, 'first'))).toMatchObject({ threadId: oneOn.threadId, iteration: 3 })
  })

  it('one after the other are conversations of their own', () => {
    const session = new ScriptedSession()
    const one = session.call(rounds('script', 0))
    const two = session.call(rounds('script', 0))
    expect(two).toMatchObject({ parentThreadId: null, turn: 1, iteration: 1 })
    expect(two.threadId).not.toBe(one.threadId)
  })
})

describe('retries', () => {
  it('of an unanswered call are the same iteration', () => {
    const session = new ScriptedSession()
    const first = session.call(rounds('fix', 0), {}, { ending: 'upstream_error', usage: null, warmed: [] })
    const retry = session.call(rounds('fix', 0))
    expect(retry).toMatchObject({ threadId: first.threadId, turn: 1, iteration: 1, turnStartTokens: null })
    expect(session.call(rounds('fix', 1))).toMatchObject({ threadId: first.threadId, iteration: 2, treeIterations: 2 })
  })

  it('of a call in flight are the same iteration', () => {
    const session = new ScriptedSession()
    const first = session.call(rounds('fix', 0))
    const running = session.begin(rounds('fix', 1))
    const retry = session.begin(rounds('fix', 1))
    expect(retry).toMatchObject({ threadId: first.threadId, iteration: 2, toolErrorsInARow: running.toolErrorsInARow })
    session.record(retry)
    session.record(running, { ending: 'client_left' })
    expect(session.call(rounds('fix', 2))).toMatchObject({ threadId: first.threadId, iteration: 3 })
  })

  it('of a beginning are told from a second run by what the client says', () => {
    const session = new ScriptedSession()
    const first = session.begin(rounds('fix', 0))
    expect(session.begin(rounds('fix', 0), { clientRetry: true }).threadId).toBe(first.threadId)
  })

  it('do not repeat tool errors or repeated calls', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    const failed = { toolErrors: 1, callHash: 9 }
    session.call(rounds('fix', 1), failed, { ending: 'upstream_cut' })
    expect(session.call(rounds('fix', 1), failed)).toMatchObject({ toolErrorsInARow: 1, repeatedCalls: 1 })
  })

  it('an interrupted call whose partial answer was kept goes on in the thread', () => {
    const session = new ScriptedSession()
    const first = session.call(rounds('fix', 0), {}, { ending: 'client_left' })
    const on = session.call([...rounds('fix', 0), 'assistant partial', 'user instead do this'])
    expect(on).toMatchObject({ threadId: first.threadId, turn: 2, iteration: 1 })
  })
})

describe('compaction', () => {
  it('links the successor to its thread and inherits turn, iterations and evidence', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    for (const count of [1, 2, 3]) session.call(rounds('fix', count), { toolErrors: 1 })
    const compacting = session.call([...rounds('fix', 3), 'assistant call 4', 'user summarise'], {
      compaction: true,
      startsTurn: false,
    })
    expect(compacting).toMatchObject({ threadId: main.threadId, turn: 1, iteration: 4 })
    const after = session.call(['user summary of all that', 'result'], { startsTurn: false, toolErrors: 1 })
    expect(after.threadId).not.toBe(main.threadId)
    expect(after).toMatchObject({
      parentThreadId: main.threadId,
      turn: 1,
      iteration: 5,
      iterationsWithoutProgress: 5,
      toolErrorsInARow: 4,
      treeIterations: 6,
    })
    expect(after.pinned?.taskType).toBe('bug_fix')
    expect(session.call(['user unrelated']).parentThreadId).toBeNull()
  })

  it('that rewrites the history still belongs to the conversation', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    const compacting = session.call(['user summarise: fix'], { compaction: true, startsTurn: false })
    expect(compacting.threadId).toBe(main.threadId)
    expect(session.call(['user summary'], { startsTurn: false }).parentThreadId).toBe(main.threadId)
  })

  it('that was thrown away changes nothing', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    session.call([...rounds('fix', 0), 'assistant', 'user summarise'], { compaction: true, startsTurn: false })
    expect(session.call(rounds('fix', 1))).toMatchObject({ threadId: main.threadId, iteration: 2 })
    expect(session.call(['user unrelated']).parentThreadId).toBeNull()
  })
})

describe('utility calls', () => {
  it('leave no thread and no mark on the conversation', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    session.call(['user title please'], { utility: 'title' }, { taskType: 'utility' })
    expect(session.state.threads.size).toBe(1)
    expect(session.call(rounds('fix', 1))).toMatchObject({ threadId: main.threadId, iteration: 2, sessionCalls: 2 })
  })
})

describe('calls in flight', () => {
  it('are gone on from before they are recorded, with an estimate', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    const running = session.begin(rounds('fix', 1))
    const next = session.begin(rounds('fix', 2))
    expect(next).toMatchObject({ threadId: running.threadId, iteration: 3 })
    expect(next.lastContextTokens).toBe(running.call.estimatedTokens)
    expect(next.lastContextBytes).toBe(running.call.contextBytes)
  })

  it('are waited for by the call that goes on from them, and by no other', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    const running = session.begin(rounds('fix', 1))
    const waits = (messages: string[]) => awaitedCall(session.state, session.opening(messages), session.now)
    expect(waits(rounds('fix', 2))).toBe(running.call.requestId)
    expect(waits(rounds('fix', 1))).toBeNull()
    expect(waits(['user other'])).toBeNull()
    session.record(running)
    expect(waits(rounds('fix', 2))).toBeNull()
  })

  it('that are refused leave nothing', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    const before = session.state
    const refused = session.begin(rounds('fix', 1))
    session.state = dropCall(session.state, refused.call.requestId)
    expect(session.state).toEqual(before)
    expect(session.call(rounds('fix', 1)).iteration).toBe(2)
  })

  it('survive the loss of memory: the record carries what begin knew', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('fix', 0))
    const running = session.begin(rounds('fix', 1), { toolErrors: 1 })
    session.restart()
    session.record(running)
    expect(session.call(rounds('fix', 2), { toolErrors: 1 })).toMatchObject({
      threadId: main.threadId,
      iteration: 3,
      toolErrorsInARow: 2,
      sessionCalls: 2,
    })
  })

  it('of the very first call too', () => {
    const session = new ScriptedSession()
    const running = session.begin(rounds('fix', 0))
    session.restart()
    session.record(running)
    expect(session.call(rounds('fix', 1))).toMatchObject({ threadId: running.threadId, iteration: 2 })
  })

  it('begun twice with one id are one call', () => {
    const session = new ScriptedSession()
    const opening = { requestId: 'same' }
    const one = session.begin(rounds('fix', 0), opening)
    expect(session.begin(rounds('fix', 0), opening).call).toEqual(one.call)
  })
})

describe('warm caches', () => {
  it('belong to a target, expire, and hold for forks and rewinds of the same beginning', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    session.call(rounds('fix', 1), {}, { target: 'provider/other' })
    const warm = session.begin(rounds('fix', 2)).warm.filter((entry) => entry.scope === 'thread')
    expect(warm.map((entry) => [entry.target, entry.tokens]).sort()).toEqual([
      ['provider/model', (STATIC_BYTES + BYTES_PER_MESSAGE) / 4],
      ['provider/other', (STATIC_BYTES + 3 * BYTES_PER_MESSAGE) / 4],
    ])
    const forked = session.begin([...rounds('fix', 0), 'assistant x', 'user other way'])
    expect(forked.warm.filter((entry) => entry.scope === 'thread').map((entry) => entry.target)).toEqual([
      'provider/model',
    ])
    session.now += 300_000
    expect(session.begin(rounds('fix', 2)).warm).toEqual([])
  })

  it('shares tools and system between threads, as long as they are the same', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0))
    const other = session.begin(['user something else'])
    expect(other.warm).toEqual([
      { target: 'provider/model', tokens: STATIC_BYTES / 4, scope: 'static', expiresAt: expect.any(Number) },
    ])
    expect(session.begin(rounds('fix', 1), { staticHash: 12 }).warm).toEqual([])
  })
})

describe('bounds', () => {
  it('forgets the longest idle threads, sub-agents first, and keeps what is written small', () => {
    const session = new ScriptedSession()
    const main = session.call(rounds('main', 0))
    for (let agent = 0; agent < 3 * LIMITS.threads; agent++) {
      session.call(rounds(`agent ${agent}`, 0), { subagent: true, threadHint: `agent ${agent}` })
    }
    expect(session.state.threads.size).toBe(LIMITS.threads)
    expect(session.call(rounds('main', 1))).toMatchObject({ threadId: main.threadId, iteration: 2 })
    for (let count = 2; count < 200; count++) session.call(rounds('main', count))
    const thread = session.state.threads.get(main.threadId)
    expect(JSON.stringify(thread).length).toBeLessThan(8_000)
    expect(JSON.stringify(session.state.summary).length).toBeLessThan(5_000)
    expect(session.call(rounds('main', 200)).iteration).toBe(201)
  })
})
