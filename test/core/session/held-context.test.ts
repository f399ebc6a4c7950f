import { expect, it } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { estimateContext } from '../../../src/core/routing/context.ts'
import { withHeldContext } from '../../../src/core/session/held-context.ts'
import { BYTES_PER_MESSAGE, ScriptedSession, STATIC_BYTES } from './scripted-session.ts'

const goesOn = { state: { kind: 'answer', id: 'resp_1' }, conversationBytes: BYTES_PER_MESSAGE } as const
const held = { tokens: 40_000, staticBytes: STATIC_BYTES }
const size = { staticBytes: STATIC_BYTES, conversationBytes: BYTES_PER_MESSAGE }

it('what a provider holds counts into the context of a call whose session does not know it, and into what follows', () => {
  const session = new ScriptedSession()
  const unknown = session.begin(['result'], goesOn)
  expect(estimateContext(unknown, size).contextTokens).toBeLessThan(3_000)
  const told = withHeldContext(unknown, held)
  const { contextTokens, growth } = estimateContext(told, size)
  expect(contextTokens).toBeGreaterThan(40_000)
  expect(contextTokens).toBeLessThan(42_000)
  expect(growth.turnTokens).toBe(0)
  session.record(told, { usage: { ...NO_USAGE, inputTokens: 40_000 + BYTES_PER_MESSAGE / 4, outputTokens: 10 } })
  // The held tokens lie in none of its bytes: the ratio of text that is here is not learned from them.
  expect(session.begin(['more'], goesOn).bytesPerToken).toBeGreaterThan(3)
})

it('a session that counted for itself is believed', () => {
  const session = new ScriptedSession()
  session.call(['user go'], {}, { stored: { ids: ['resp_1'], provider: 'one' } })
  const known = session.begin(['result'], goesOn)
  expect(known.lastContextTokens).not.toBeNull()
  expect(withHeldContext(known, held)).toBe(known)
})
