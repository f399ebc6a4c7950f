import { describe, expect, it } from 'vitest'
import { isForeign, makersAfter, makersUpTo, type AnswerMaker } from '../../../src/core/session/answer-makers.ts'
import { LIMITS } from '../../../src/core/session/session-state.ts'
import { ScriptedSession, rounds } from './scripted-session.ts'

describe('who made an answer', () => {
  it('is kept where it changes, and within bounds', () => {
    let makers: readonly AnswerMaker[] = []
    for (const [count, provider] of [
      [1, 'one'],
      [3, 'one'],
      [5, 'two'],
      [7, 'one'],
    ] as const) {
      makers = makersAfter(makers, count, provider)
    }
    expect(makers).toEqual([
      { from: 1, provider: 'one' },
      { from: 5, provider: 'two' },
      { from: 7, provider: 'one' },
    ])
    const foreign = (provider: string) => [1, 3, 5, 6, 7].filter((message) => isForeign(makers, message, provider))
    expect([foreign('one'), foreign('two'), isForeign(makers, 0, 'three')]).toEqual([[5, 6], [1, 3, 7], false])
    expect(makersUpTo(makers, 5)).toHaveLength(2)
    for (let count = 9; count < 400; count += 2) makers = makersAfter(makers, count, `provider-${count}`)
    expect(makers).toHaveLength(LIMITS.makers)
  })

  it('is replaced where the client goes back and asks again', () => {
    const makers = makersAfter(makersAfter([], 1, 'one'), 5, 'two')
    expect(makersAfter(makers, 3, 'three')).toEqual([
      { from: 1, provider: 'one' },
      { from: 3, provider: 'three' },
    ])
  })
})

describe('a session', () => {
  const by = (provider: string) => ({ provider, target: `${provider}/model` })

  it('tells it with every call of a thread, also after a restart, and not of what a fork left behind', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0), {}, by('one'))
    session.call(rounds('fix', 1), {}, by('two'))
    session.restart()
    const third = session.begin(rounds('fix', 2))
    expect(third.call.makers).toEqual([
      { from: 1, provider: 'one' },
      { from: 3, provider: 'two' },
    ])
    session.record(third, by('two'))
    // The client goes back to its first question.
    const fork = session.begin(['user fix', 'assistant call 1', 'user something else'])
    expect(fork.call.makers).toEqual([{ from: 1, provider: 'one' }])
  })

  it('an answer that never came was made by nobody', () => {
    const session = new ScriptedSession()
    session.call(rounds('fix', 0), {}, { ...by('one'), ending: 'upstream_cut' })
    expect(session.begin(rounds('fix', 0)).call.makers).toEqual([])
  })
})
