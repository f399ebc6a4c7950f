import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { dialectOf } from '../../../src/core/dialects/registry.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import { BYTES_PER_TOKEN, weighBytes } from '../../../src/core/tokens/byte-weights.ts'
import { weighMessage, weighRequest } from '../../../src/core/tokens/request-weight.ts'
import { bodyOf } from '../dialects/body-of.ts'

const RESULT = '     1\tconst total = items.reduce((sum, item) => sum + item.price, 0)\n'.repeat(30)
const TASK = 'Please find out why the total is wrong, and add a test for it.'
const REMARK = 'I will read the file first.'
const INPUT = JSON.stringify({ file_path: '/home/dev/app/src/total.ts' })

function scan(dialect: DialectName, body: object): RequestScan {
  return dialectOf(dialect).scan(bodyOf(JSON.stringify({ model: 'm', max_tokens: 9, ...body })))
}

const messages = (more: readonly object[] = []): RequestScan =>
  scan('anthropic-messages', {
    system: 'You are an agent.',
    messages: [
      { role: 'user', content: TASK },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: REMARK },
          { type: 'tool_use', id: 't', name: 'Read', input: JSON.parse(INPUT) as object },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: RESULT }, ...more] },
    ],
  })
const chat = (): RequestScan =>
  scan('openai-chat-completions', {
    messages: [
      { role: 'system', content: 'You are an agent.' },
      { role: 'user', content: TASK },
      {
        role: 'assistant',
        content: REMARK,
        tool_calls: [{ id: 't', type: 'function', function: { name: 'Read', arguments: INPUT } }],
      },
      { role: 'tool', tool_call_id: 't', content: RESULT },
    ],
  })
const responses = (): RequestScan =>
  scan('openai-responses', {
    instructions: 'You are an agent.',
    input: [
      { role: 'user', content: TASK },
      { role: 'assistant', content: [{ type: 'output_text', text: REMARK }] },
      { type: 'function_call', call_id: 't', name: 'Read', arguments: INPUT },
      { type: 'function_call_output', call_id: 't', output: RESULT },
    ],
  })

describe('the kinds of bytes', () => {
  it('are told alike in every dialect', () => {
    for (const found of [messages(), chat(), responses()]) {
      const kinds = found.messages.slice(found.leadingInstructions)
      const sum = (pick: (message: (typeof kinds)[number]) => number): number =>
        kinds.reduce((total, message) => total + pick(message), 0)
      expect(sum(({ resultBytes }) => resultBytes)).toBe(RESULT.length)
      expect(sum(({ inputBytes }) => inputBytes)).toBe(INPUT.length)
      expect(sum(({ textBytes }) => textBytes)).toBe([RESULT, INPUT, TASK, REMARK].join('').length)
    }
    const [first, ...others] = [messages(), chat(), responses()].map(weighRequest)
    for (const other of others) expect(other).toEqual(first)
  })

  it('never count a byte twice, whatever is nested in a result', () => {
    const nested = [
      { type: 'text', text: 'found' },
      { type: 'tool_use', id: 'u', name: 'Read', input: { path: 'a.ts' } },
      { type: 'tool_result', tool_use_id: 'u', content: [{ type: 'text', text: 'inner' }] },
    ]
    const content = [{ type: 'tool_result', tool_use_id: 't', content: nested }]
    for (const role of ['user', 'tool']) {
      const dialect = role === 'user' ? 'anthropic-messages' : 'openai-chat-completions'
      const [message] = scan(dialect, { messages: [{ role, content }] }).messages
      expect(message).toMatchObject({ inputBytes: 0, resultBytes: message?.textBytes })
    }
  })
})

describe('weighRequest', () => {
  it('weighs the history by kind and the new part by its texture', () => {
    const found = messages()
    const { staticBytes, conversationBytes, addedBytes } = weighRequest(found)
    expect(staticBytes).toBe(Math.round(weighBytes('system', 17)))
    const earlier = weighBytes('said', TASK.length + REMARK.length) + weighBytes('input', INPUT.length)
    expect(conversationBytes - addedBytes).toBe(Math.round(earlier))
    // Counted by gpt-tokenizer's o200k_base: 660 tokens, and 1.15 of the reference for each.
    expect(addedBytes / BYTES_PER_TOKEN / (660 * 1.15)).toBeGreaterThan(0.85)
    expect(addedBytes / BYTES_PER_TOKEN / (660 * 1.15)).toBeLessThan(1.15)
  })

  it('weighs a new picture as a picture, however long its data are', () => {
    const picture = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0'.repeat(9_000) },
    }
    const more = weighRequest(messages([picture])).addedBytes - weighRequest(messages()).addedBytes
    expect(more / BYTES_PER_TOKEN).toBeCloseTo(1_600)
  })

  it('is never negative, and no history weighs less than a part of it', () => {
    const text = fc.string({ maxLength: 200 })
    const block = fc.oneof(
      fc.record({ type: fc.constant('text'), text }),
      fc.record({ type: fc.constant('tool_use'), id: text, name: text, input: fc.dictionary(text, text) }),
      fc.record({ type: fc.constant('tool_result'), tool_use_id: text, content: text }),
      fc.record({ type: fc.constant('image'), source: fc.dictionary(text, text) }),
      fc.record({ type: fc.constant('unknown'), data: text }),
    )
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant'),
      content: fc.oneof(text, fc.array(block, { maxLength: 4 })),
    })
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (history) => {
        const found = scan('anthropic-messages', { messages: history })
        const { conversationBytes, addedBytes } = weighRequest(found)
        expect(addedBytes).toBeGreaterThanOrEqual(0)
        expect(conversationBytes).toBeGreaterThanOrEqual(addedBytes)
        for (const shape of found.messages) {
          expect(shape.textBytes).toBeGreaterThanOrEqual(shape.resultBytes + shape.inputBytes)
          expect(weighMessage(shape)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})
