import { describe, expect, it } from 'vitest'
import { runAll } from '../../../../src/core/chat/machine.ts'
import { sequenceParts } from '../../../../src/core/chat/sequence-parts.ts'
import type { StreamEvent } from '../../../../src/core/chat/stream-event.ts'
import type { UpstreamEvent } from '../../../../src/core/dialects/codec.ts'
import { readStream } from '../../../../src/core/dialects/openai-chat-completions/read-stream.ts'
import { foldEvents } from '../../../dialects/wire-stream.ts'

function read(...chunks: (object | '[DONE]')[]): StreamEvent[] {
  const inputs = chunks.map((chunk): UpstreamEvent => {
    return { type: 'event', name: null, data: chunk === '[DONE]' ? chunk : JSON.stringify(chunk) }
  })
  return runAll(readStream(), [...inputs, { type: 'end' }])[1]
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  model: 'g',
  choices: [{ index: 0, delta, finish_reason }],
})
const call = (index: number | undefined, given: object) => chunk({ tool_calls: [{ index, ...given }] })
const begun = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '' } })
const more = (text: string) => ({ function: { arguments: text } })
const calls = (events: readonly StreamEvent[]) =>
  foldEvents(events).parts.map((part) => (part.type === 'tool-call' ? [part.id, part.name, part.input] : part.type))

describe('a stream of Chat Completions', () => {
  it('reads reasoning, text and parallel calls one behind the other', () => {
    const events = read(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm' }),
      chunk({ content: 'Hi' }),
      chunk({ content: '' }),
      call(0, begun('a', 'f')),
      call(0, more('{"x":')),
      call(0, more('1}')),
      call(1, begun('b', 'g')),
      call(1, more('{}')),
      chunk({}, 'tool_calls'),
      { id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
      '[DONE]',
    )
    const types = events.map((event) => event.type.replace('part-', '')).join(' ')
    expect(types).toBe('start begin delta end begin delta end begin delta delta end begin delta end finish')
    expect(calls(events)).toEqual(['reasoning', 'text', ['a', 'f', '{"x":1}'], ['b', 'g', '{}']])
    expect(events.at(-1)).toMatchObject({
      finish: { reason: 'tool-calls' },
      usage: { inputTokens: 9, outputTokens: 4 },
    })
  })

  it('puts calls that grow in turns one behind the other', () => {
    const events = read(
      call(0, begun('a', 'f')),
      call(0, more('{"x"')),
      call(1, begun('b', 'g')),
      call(1, more('{"y"')),
      call(0, more(':1}')),
      call(1, more(':2}')),
      chunk({}, 'tool_calls'),
      '[DONE]',
    )
    const [, sequenced] = runAll(sequenceParts(), events)
    expect(calls(sequenced)).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ])
    const order = sequenced.flatMap((event) => ('index' in event ? [event.index] : []))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  it('tells calls apart that share a number or have none', () => {
    const shared = read(
      call(0, { ...begun('a', 'f'), function: { name: 'f', arguments: '{"x":1}' } }),
      call(0, { ...begun('b', 'f'), function: { name: 'f', arguments: '{"x":2}' } }),
      chunk({}, 'stop'),
      '[DONE]',
    )
    expect(calls(shared)).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'f', '{"x":2}'],
    ])
    expect(shared.at(-1)).toMatchObject({ finish: { reason: 'tool-calls' } })
    const without = read(call(undefined, begun('a', 'f')), call(undefined, begun('b', 'g')), chunk({}, 'tool_calls'))
    expect(calls(without)).toEqual([
      ['a', 'f', ''],
      ['b', 'g', ''],
    ])
  })

  it('names calls that have no id, anew in every answer', () => {
    const idsOf = (id: string) => {
      const bare = (index: number) => ({ ...call(index, { function: { name: 'f', arguments: '{}' } }), id })
      const ids = calls(read(bare(0), bare(1), chunk({}, 'tool_calls'))).map((one) => one[0])
      expect(new Set(ids).size).toBe(2)
      return ids
    }
    expect(idsOf('one')).toEqual(idsOf('one'))
    expect(idsOf('one')).not.toEqual(idsOf('two'))
  })

  it('puts calls that begin together and grow later one behind the other', () => {
    const together = chunk({
      tool_calls: [
        { index: 0, ...begun('a', 'f') },
        { index: 1, ...begun('b', 'g') },
      ],
    })
    const events = read(together, call(0, more('{"x":1}')), call(1, more('{"y":2}')), chunk({}, 'tool_calls'))
    expect(calls(runAll(sequenceParts(), events)[1])).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ])
  })

  it('reads freeform calls and the older form of a call', () => {
    const events = read(
      call(0, { id: 'a', type: 'custom', custom: { name: 'p', input: '' } }),
      call(0, { custom: { input: '*** Begin' } }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    )
    expect(foldEvents(events).parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'p', namespace: null, freeform: true, input: '*** Begin' },
    ])
    const legacy = read(
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{}' } }),
      chunk({}, 'function_call'),
    )
    expect(foldEvents(legacy)).toMatchObject({ parts: [{ name: 'f', input: '{}' }], finish: { reason: 'tool-calls' } })
  })

  it('reads a refusal in the words of the model', () => {
    const events = read(chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }), chunk({}, 'stop'), '[DONE]')
    expect(foldEvents(events)).toMatchObject({
      parts: [{ type: 'refusal', text: 'I cannot.' }],
      finish: { reason: 'refusal', refusal: { explanation: 'I cannot.' } },
    })
  })

  it('is whole without [DONE] once it said why it ended, and not before', () => {
    expect(read(chunk({ content: 'Hi' }), chunk({}, 'length')).at(-1)).toMatchObject({
      finish: { reason: 'max-output' },
    })
    expect(read(chunk({ content: 'Hi' })).some((event) => event.type === 'finish')).toBe(false)
  })

  it('fails with the error of the stream', () => {
    const events = read(chunk({ content: 'Hi' }), { error: { message: 'no', code: 'rate_limit_exceeded' } }, '[DONE]')
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'rate-limit', message: 'no' } })
  })

  it('skips what is no JSON and choices beside the first', () => {
    const other = { id: 'c', choices: [{ index: 1, delta: { content: 'other' }, finish_reason: null }] }
    const events = runAll(readStream(), [
      { type: 'event', name: null, data: 'nonsense' },
      { type: 'event', name: null, data: JSON.stringify(other) },
      { type: 'comment' },
    ])[1]
    expect(events.filter((event) => event.type === 'part-begin')).toEqual([])
    expect(events.at(-1)).toEqual({ type: 'keep-alive' })
  })
})
