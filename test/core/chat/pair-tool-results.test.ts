import { describe, expect, it } from 'vitest'
import type { ChatMessage, ToolResult } from '../../../src/core/chat/chat-message.ts'
import { pairToolResults } from '../../../src/core/chat/pair-tool-results.ts'
import { Warnings } from '../../../src/core/chat/warnings.ts'

const calls = (...ids: string[]): ChatMessage => ({
  role: 'assistant',
  parts: ids.map((id) => ({ type: 'tool-call', id, name: 'f', namespace: null, input: '{}', freeform: false })),
})
const result = (callId: string, text = callId): ToolResult => ({
  callId,
  freeform: false,
  content: [{ type: 'text', text }],
  isError: false,
})
const results = (...ids: string[]): ChatMessage => ({ role: 'tool', results: ids.map((id) => result(id)) })
const user: ChatMessage = { role: 'user', parts: [{ type: 'text', text: 'u' }] }

function paired(...messages: ChatMessage[]) {
  const warnings = new Warnings()
  return { messages: pairToolResults(messages, warnings), warnings: warnings.list() }
}

describe('pairToolResults', () => {
  it('leaves a conversation in order alone', () => {
    const messages = [user, calls('a', 'b'), results('a', 'b'), user, calls('c'), results('c'), user]
    expect(paired(...messages)).toEqual({ messages, warnings: [] })
  })

  it('moves late results forward, in the order of the calls', () => {
    expect(paired(calls('a', 'b'), user, results('b', 'a')).messages).toEqual([
      calls('a', 'b'),
      results('a', 'b'),
      user,
    ])
  })

  it('takes the next result of an id that is used again', () => {
    const first: ChatMessage = { role: 'tool', results: [result('a', 'one')] }
    const second: ChatMessage = { role: 'tool', results: [result('a', 'two')] }
    const messages = [calls('a'), first, calls('a'), second]
    expect(paired(...messages)).toEqual({ messages, warnings: [] })
  })

  it('says which result is missing, and keeps one that answers nothing as words', () => {
    const { messages, warnings } = paired(user, results('x'), calls('a', 'b'), results('b'))
    expect(messages).toMatchObject([
      user,
      { role: 'user', parts: [{ text: 'Result of the tool call x:' }, { text: 'x' }] },
      calls('a', 'b'),
      {
        role: 'tool',
        results: [
          { callId: 'a', isError: true },
          { callId: 'b', isError: false },
        ],
      },
    ])
    expect(warnings).toEqual(['tool_result:as_user', 'tool_result:missing'])
  })
})
