import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { ScriptedSession } from './scripted-session.ts'

const MINUTE = 60_000
const FIRST = ['user: fix it']
const SECOND = [...FIRST, 'call', 'result']
const THIRD = [...SECOND, 'call 2', 'result 2']

/** A call whose cache entry lives so many minutes from its start. */
function called(session: ScriptedSession, messages: readonly string[], living: number, read = 0): void {
  const begun = session.begin(messages)
  session.record(begun, {
    usage: { ...NO_USAGE, cacheReadTokens: read, cacheWriteLongTokens: 1_000 },
    warmed: [{ scope: 'thread', tokens: 1_000, expiresAt: begun.call.startedAt + living * MINUTE }],
  })
}

describe('what a session learns of its pauses', () => {
  it('counts the gaps between the starts of its main conversation, and keeps them over a restart', () => {
    const session = new ScriptedSession()
    expect(session.begin(FIRST).gaps).toBeUndefined()
    session.call(FIRST)
    session.call(SECOND)
    session.now += 10 * MINUTE
    session.call(THIRD)
    session.restart()
    expect(session.begin([...THIRD, 'a', 'user: b']).gaps).toEqual([1, 1, 0, 0, 0])
  })

  it('leaves out sub-agents and small calls, behind which no person pauses', () => {
    const session = new ScriptedSession()
    const sub = { subagent: true, threadHint: 'sub' }
    session.call(FIRST, sub)
    session.call(SECOND, sub)
    session.call(FIRST, { utility: 'title' })
    session.call(SECOND, { utility: 'title' })
    expect(session.begin(THIRD, sub).gaps).toBeUndefined()
  })
})

describe('a long entry written over a short one', () => {
  it.each<[string, { living: number; pause: number; read: number }, boolean]>([
    ['is lost when less than half of it is read after a pause', { living: 60, pause: 12, read: 100 }, true],
    ['has held when it is read', { living: 60, pause: 12, read: 1_000 }, false],
    ['tells nothing without a pause that a short one would not outlive', { living: 60, pause: 2, read: 0 }, false],
    ['tells nothing once it has expired itself', { living: 60, pause: 70, read: 0 }, false],
    ['was none: a short entry is gone after a pause', { living: 5, pause: 12, read: 0 }, false],
  ])('%s', (_name, { living, pause, read }, expected) => {
    const session = new ScriptedSession()
    called(session, FIRST, living)
    session.now += pause * MINUTE
    called(session, SECOND, living, read)
    session.restart()
    expect(session.begin(THIRD).longCacheLost === true).toBe(expected)
  })
})

describe('the warm prefixes of a thread', () => {
  it('keep that of a target which a long turn of another one has left behind', () => {
    const session = new ScriptedSession()
    let messages: readonly string[] = FIRST
    session.call(messages, {}, { target: 'provider/strong' })
    for (let call = 0; call < 30; call += 1) {
      messages = [...messages, `call ${call}`, `result ${call}`]
      session.call(messages)
    }
    const { warm } = session.begin([...messages, 'call', 'result'])
    expect(
      warm.filter(({ scope }) => scope === 'thread').map(({ target, messages: count }) => [target, count]),
    ).toEqual(
      expect.arrayContaining([
        ['provider/strong', 1],
        ['provider/model', 61],
      ]),
    )
  })
})

describe('what a session tells for the plan of a cache', () => {
  it('is how many messages a target has cached, and the prefix of the last call', () => {
    const session = new ScriptedSession()
    const prefix = { staticHash: 11, parts: { tools: 5 } }
    session.call(SECOND, {}, { prefix })
    const { warm, lastPrefix } = session.begin(THIRD)
    expect(warm.find(({ scope }) => scope === 'thread')?.messages).toBe(3)
    expect(lastPrefix).toEqual(prefix)
  })
})
