import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallOpening } from '../../../src/core/session/call-opening.ts'
import { awaitedCall } from '../../../src/core/session/place-call.ts'
import { emptySession, LIMITS, type ThreadState } from '../../../src/core/session/session-state.ts'
import { heritageOf, inherit } from '../../../src/core/session/stored-answers.ts'
import { BYTES_PER_MESSAGE, ScriptedSession, STATIC_BYTES } from './scripted-session.ts'

/** A request that names the answer it goes on from and holds only what is new: a tool's result, or something typed. */
function goesOn(id: string, more: Partial<CallOpening> = {}): Partial<CallOpening> {
  return { state: { kind: 'answer', id }, conversationBytes: BYTES_PER_MESSAGE, callHash: null, ...more }
}

const stored = (id: string, provider = 'one') => ({ stored: { ids: [id], provider } })

/** A chain of calls, each of which goes on from the answer before it. */
function chain(session: ScriptedSession, calls: number): void {
  session.call(['user go'], {}, stored('resp_1'))
  for (let call = 2; call <= calls; call++) {
    session.call([`result ${call}`], goesOn(`resp_${call - 1}`), stored(`resp_${call}`))
  }
}

describe('a call that goes on from a stored answer', () => {
  it('is told which provider holds it, also after a restart', () => {
    const session = new ScriptedSession()
    session.call(['user go'], {}, stored('resp_1', 'two'))
    session.restart()
    expect(session.begin(['result 2'], goesOn('resp_1')).stateProvider).toBe('two')
    expect(session.begin(['user go', 'assistant', 'result 2']).stateProvider).toBeUndefined()
  })

  it('that nobody here knows, or that was not stored, is left open', () => {
    const session = new ScriptedSession()
    session.call(['user go'])
    expect(session.begin(['result 2'], goesOn('resp_1')).stateProvider).toBeUndefined()
    session.call(['user go'], {}, stored('resp_1'))
    expect(session.begin(['result 2'], goesOn('resp_made_elsewhere')).stateProvider).toBeUndefined()
  })

  it('is one more iteration of its turn, with a context that holds all that was counted', () => {
    const session = new ScriptedSession()
    chain(session, 3)
    const first = [...session.state.threads.keys()]
    const begun = session.begin(['result 4'], goesOn('resp_3'))
    expect([begun.threadId, begun.turn, begun.iteration]).toEqual([...first, 1, 4])
    expect(begun.lastContextBytes).toBe(STATIC_BYTES)
    expect(begun.lastContextTokens).toBeGreaterThan(STATIC_BYTES / 4)
    session.record(begun, stored('resp_4'))
    expect(session.begin(['user and now?'], goesOn('resp_4'))).toMatchObject({ turn: 2, iteration: 1 })
  })

  it('finds what its target has cached of it', () => {
    const session = new ScriptedSession()
    chain(session, 2)
    const { warm } = session.begin(['result 3'], goesOn('resp_2'))
    expect(warm.map(({ scope, messages }) => [scope, messages])).toEqual([
      ['static', undefined],
      ['thread', undefined],
    ])
    expect(session.begin(['result 3'], goesOn('resp_2', { staticHash: 12 })).warm).toEqual([])
  })

  it('forks where the conversation has gone on since, and where it is just now going on', () => {
    const session = new ScriptedSession()
    chain(session, 3)
    const earlier = session.begin(['result other'], goesOn('resp_1'))
    expect(earlier).toMatchObject({ parentThreadId: [...session.state.threads.keys()][0], iteration: 2 })
    // Prompt and answer of the first call: all that its provider holds.
    expect(earlier.lastContextTokens).toBe((STATIC_BYTES + BYTES_PER_MESSAGE) / 4 + BYTES_PER_MESSAGE / 4)
    session.drop(earlier)
    const one = session.begin(['result 4'], goesOn('resp_3'))
    const other = session.begin(['result 4 too'], goesOn('resp_3'))
    expect([one.iteration, other.iteration]).toEqual([4, 4])
    expect(other.threadId).not.toBe(one.threadId)
  })

  it('is tried again where it had no answer, and else is one more, in the same words too', () => {
    const session = new ScriptedSession()
    const conversation = goesOn('', { state: { kind: 'conversation', id: 'conv_1' } })
    const kept = { stored: { ids: ['resp_1', 'conv_1'], provider: 'one' } }
    session.call(['user go'], conversation, kept)
    const failed = session.call(['result x'], conversation, { ending: 'upstream_error' })
    expect(session.call(['result x'], conversation, kept)).toMatchObject({ threadId: failed.threadId, iteration: 2 })
    expect(session.call(['result x'], conversation, kept)).toMatchObject({ threadId: failed.threadId, iteration: 3 })
  })

  it('is in another conversation than the same words after another answer', () => {
    const session = new ScriptedSession()
    session.call(['user go'], {}, stored('resp_1'))
    session.call(['user something else'], {}, stored('resp_2', 'two'))
    const one = session.call(['user yes'], goesOn('resp_1'), stored('resp_3'))
    const other = session.call(['user yes'], goesOn('resp_2'), stored('resp_4', 'two'))
    expect([one.stateProvider, other.stateProvider]).toEqual(['one', 'two'])
    expect(other.threadId).not.toBe(one.threadId)
  })

  it('counts no lack of progress where it cannot see what its tools did', () => {
    const session = new ScriptedSession()
    session.call(['user go'], {}, stored('resp_1'))
    const unseen = goesOn('resp_1', { callsUnseen: true })
    expect(session.call(['result 2'], unseen)).toMatchObject({ iteration: 2, iterationsWithoutProgress: 1 })
  })

  it('remembers so many answers of a conversation and no more', () => {
    const session = new ScriptedSession()
    chain(session, LIMITS.checkpoints + 10)
    const known = (id: string) => session.begin(['user back'], goesOn(id)).stateProvider !== undefined
    expect([known('resp_1'), known('resp_3'), known(`resp_${LIMITS.checkpoints}`)]).toEqual([true, false, true])
  })
})

describe('items of a history that are only referred to', () => {
  it('are held by the provider of the thread that they belong to', () => {
    const session = new ScriptedSession()
    const items = { state: { kind: 'items', id: 'fc_1' } } as const
    session.call(['user go'], {}, stored('resp_1', 'two'))
    expect(session.begin(['user go', 'assistant fc_1', 'result'], items).stateProvider).toBe('two')
    expect(session.begin(['user other', 'assistant fc_1', 'result'], items).stateProvider).toBeUndefined()
  })
})

describe('a session that takes a conversation over', () => {
  const HEIR = { session: 'heir', sessionId: 'origin' }

  it('goes on with it under its old name, and hands it on', () => {
    const session = new ScriptedSession()
    session.call(['user earlier'], {}, stored('resp_0'))
    chain(session, 2)
    const [, thread] = [...session.state.threads.values()]
    const heir = new ScriptedSession()
    heir.now = session.now
    heir.state = inherit(heir.state, structuredClone(heritageOf(session.state, thread!, HEIR)))!
    heir.restart()
    expect(heir.state.threads.size).toBe(1)
    const begun = heir.call(['result 3'], goesOn('resp_2'), stored('resp_3'))
    expect(begun).toMatchObject({
      sessionId: 'origin',
      chain: 'heir',
      threadId: thread!.id,
      iteration: 3,
      stateProvider: 'one',
      sessionCalls: 3,
      treeIterations: 3,
    })
    expect(heir.state.summary).toMatchObject({ sessionId: 'origin', chain: 'heir', calls: 4 })
    const next = heritageOf(heir.state, [...heir.state.threads.values()][0]!, { session: 'next', sessionId: 'origin' })
    expect(next.summary.chain).toBe('heir')
  })

  it('keeps its own once it has one', () => {
    const session = new ScriptedSession()
    chain(session, 1)
    const [thread] = session.state.threads.values()
    expect(inherit(session.state, heritageOf(session.state, thread!, HEIR))).toBeNull()
  })

  it('is waited for a moment by a call that comes first', () => {
    const session = new ScriptedSession()
    const opening = session.opening(['result 2'], goesOn('resp_1'))
    expect(awaitedCall(emptySession(), opening, 0)).toBe('resp_1')
    const running = session.begin(['user go'])
    expect(awaitedCall(session.state, opening, session.now)).toBe(running.call.requestId)
    session.record(running, stored('resp_1'))
    expect(awaitedCall(session.state, opening, session.now)).toBeNull()
    const elsewhere = session.opening(['result 2'], goesOn('resp_elsewhere'))
    expect(awaitedCall(session.state, elsewhere, session.now)).toBeNull()
  })
})

describe('clients that name nothing but the answer they go on from', () => {
  const step = fc.record({ from: fc.nat(), provider: fc.constantFrom('one', 'two', 'three'), restarts: fc.boolean() })

  it('are found again wherever they go on, branch or restart', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 24 }), (steps) => {
        // One session for each answer, and the first call of every conversation has one of its own.
        const sessions = new Map<string, ScriptedSession>()
        const answers: { id: string; provider: string; iteration: number; root: string; chain: string }[] = []
        for (const [at, { from, provider, restarts }] of steps.entries()) {
          const base = from % 4 === 0 ? undefined : answers[from % Math.max(1, answers.length)]
          const name = base === undefined ? `begin ${at}` : base.id
          const session = sessions.get(name) ?? new ScriptedSession()
          sessions.set(name, session)
          if (restarts) session.restart()
          const opening = base === undefined ? {} : goesOn(base.id)
          const begun = session.begin([base === undefined ? 'user go' : 'result'], { sessionId: name, ...opening })
          expect(begun.stateProvider).toBe(base?.provider)
          expect([begun.turn, begun.iteration]).toEqual([1, (base?.iteration ?? 0) + 1])
          expect(begun.sessionId).toBe(base?.root ?? name)
          expect(begun.chain).toBe(base?.chain)
          const id = `resp_${at}`
          session.record(begun, stored(id, provider))
          const told = { iteration: begun.iteration, root: begun.sessionId, chain: begun.chain ?? id }
          answers.push({ id, provider, ...told })
          const heir = new ScriptedSession()
          const thread: ThreadState = session.state.threads.get(begun.threadId)!
          heir.state = inherit(
            heir.state,
            structuredClone(heritageOf(session.state, thread, { session: id, sessionId: begun.sessionId })),
          )!
          heir.now = session.now
          sessions.set(id, heir)
        }
      }),
      { numRuns: 200 },
    )
  })
})
