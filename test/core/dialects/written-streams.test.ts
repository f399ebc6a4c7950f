/** The exact events each dialect's client receives for one answer with everything in it. */
import { describe, expect, it } from 'vitest'
import type { ChatResponse } from '../../../src/core/chat/chat-response.ts'
import { finishOf } from '../../../src/core/chat/finish.ts'
import { runAll } from '../../../src/core/chat/machine.ts'
import type { StreamEvent } from '../../../src/core/chat/stream-event.ts'
import type { AnswerContext } from '../../../src/core/dialects/codec.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { codecOf } from '../../../src/core/dialects/translation.ts'
import { contextFor, eventsOf, faultsOf, wireEvents } from '../../dialects/wire-stream.ts'

const SEALED = { type: 'thinking', thinking: 'Hm', signature: 'sig' }

const ANSWER: ChatResponse = {
  id: 'chatcmpl-7',
  model: 'g',
  parts: [
    { type: 'reasoning', text: 'Hm', seal: { dialect: 'anthropic-messages', value: SEALED } },
    { type: 'text', text: 'One' },
    { type: 'tool-call', id: 'bad id', name: 'f', namespace: null, freeform: false, input: '{}' },
    { type: 'text', text: 'Two' },
    { type: 'tool-call', id: 'b', name: 'p', namespace: null, freeform: true, input: 'xy' },
  ],
  finish: finishOf('tool-calls'),
  usage: {
    inputTokens: 5,
    cacheReadTokens: 20,
    cacheWriteShortTokens: 3,
    cacheWriteLongTokens: 2,
    outputTokens: 9,
    reasoningTokens: 4,
  },
}

function write(dialect: DialectName, events: readonly StreamEvent[], given: Partial<AnswerContext> = {}) {
  const [, out] = runAll(codecOf(dialect).writeStream(contextFor(given)), events)
  return {
    text: out.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    warnings: out.flatMap((event) => (event.type === 'warning' ? [event.name] : [])),
  }
}

function told(dialect: DialectName, given: Partial<AnswerContext> = {}) {
  const { text, warnings } = write(dialect, eventsOf(ANSWER), given)
  expect(faultsOf(text, dialect)).toEqual([])
  return { events: wireEvents(text), warnings, text }
}

describe('for a Messages client', () => {
  it('tells usage first, blocks without gaps, signed thinking, the stop reason', () => {
    const { events, warnings } = told('anthropic-messages')
    const [start] = events
    expect(start?.data['message']).toMatchObject({
      id: 'msg_7',
      usage: {
        input_tokens: 5,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
        output_tokens: 1,
      },
    })
    const blocks = events.filter((event) => event.name === 'content_block_start')
    expect(blocks.map((event) => event.data['content_block'])).toMatchObject([
      { type: 'thinking' },
      { type: 'text' },
      { type: 'tool_use', id: expect.stringMatching(/^call_\w+$/) as unknown, name: 'f' },
      { type: 'text' },
      { type: 'tool_use', id: 'b' },
    ])
    expect(JSON.stringify(events)).toContain('{"type":"signature_delta","signature":"sig"}')
    const pieces = events.flatMap((event) => {
      const delta = event.data['delta'] as { partial_json?: string } | undefined
      return event.data['index'] === 4 ? (delta?.partial_json ?? []) : []
    })
    expect(JSON.parse(pieces.join(''))).toEqual({ input: 'xy' })
    expect(events.at(-2)?.data).toMatchObject({
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: 5, output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } },
    })
    expect(warnings).toEqual([])
  })
})

describe('for a Chat Completions client', () => {
  it('tells the role first, calls by number, paragraphs, usage where it was asked for', () => {
    const { events, warnings, text } = told('openai-chat-completions')
    const deltas = events.flatMap((event) => (event.data['choices'] as { delta: object }[]).map((one) => one.delta))
    expect(deltas).toMatchObject([
      { role: 'assistant', content: '' },
      { content: 'One' },
      { tool_calls: [{ index: 0, type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
      { content: '\n\nTwo' },
      { tool_calls: [{ index: 1, id: 'b', type: 'custom', custom: { name: 'p', input: '' } }] },
      { tool_calls: [{ index: 1, custom: { input: 'xy' } }] },
      {},
    ])
    expect(events.at(-1)?.data).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 30,
        completion_tokens: 9,
        total_tokens: 39,
        prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    })
    expect(warnings).toEqual(['reasoning:dropped'])
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(JSON.stringify(told('openai-chat-completions', { usageChunk: false }).events)).not.toContain('usage')
  })
})

describe('for a Responses client', () => {
  it('tells whole items and a whole response', () => {
    const clientBody = { tools: [{ type: 'function', name: 'f' }], metadata: { a: 'b' }, store: true }
    const { events, warnings } = told('openai-responses', { clientBody, model: 'asked-for' })
    const text =
      'output_item.added content_part.added output_text.delta output_text.done content_part.done output_item.done'
    const names = events.map((event) => event.name?.replace('response.', '')).join(' ')
    expect(names).toBe(
      `created in_progress ${text} ` +
        'output_item.added function_call_arguments.delta function_call_arguments.done output_item.done ' +
        `${text} output_item.added custom_tool_call_input.delta custom_tool_call_input.done output_item.done completed`,
    )
    expect(events.at(-1)?.data['response']).toMatchObject({
      id: 'resp_7',
      status: 'completed',
      model: 'asked-for',
      metadata: { a: 'b' },
      tools: clientBody.tools,
      store: false,
      output: [
        { type: 'message', content: [{ type: 'output_text', text: 'One' }] },
        { type: 'function_call', name: 'f', arguments: '{}', status: 'completed' },
        { type: 'message', content: [{ type: 'output_text', text: 'Two' }] },
        { type: 'custom_tool_call', call_id: 'b', name: 'p', input: 'xy' },
      ],
      usage: { input_tokens: 30, input_tokens_details: { cached_tokens: 20 }, output_tokens: 9, total_tokens: 39 },
    })
    expect(warnings).toEqual(['reasoning:dropped'])
  })
})

describe.each(['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const)('for %s', (dialect) => {
  it('shows reasoning of other providers only where it is asked to', () => {
    const part = { type: 'reasoning', text: 'Because', seal: null } as const
    const events = eventsOf({ ...ANSWER, parts: [part, { type: 'text', text: 'Hi' }] })
    const hidden = write(dialect, events)
    expect(hidden.text).not.toContain('Bec')
    expect(hidden.warnings).toEqual(['reasoning:dropped'])
    const shown = write(dialect, events, { foreignReasoning: 'shown' })
    expect(shown.text).toMatch(/Bec/)
    expect(shown.warnings).toEqual([])
    expect(faultsOf(shown.text, dialect)).toEqual([])
  })

  it('begins by itself where the provider did not, and says nothing after its end', () => {
    const [, ...rest] = eventsOf({ ...ANSWER, parts: [{ type: 'text', text: 'Hi' }] })
    const once = write(dialect, rest)
    expect(faultsOf(once.text, dialect)).toEqual([])
    expect(write(dialect, [...rest, ...rest]).text).toBe(once.text)
  })

  it('tells an error that comes before anything else', () => {
    const error = { kind: 'overloaded', status: null, message: 'busy', code: null, param: null } as const
    expect(write(dialect, [{ type: 'error', error }]).text).toContain('busy')
  })

  it('leaves out parts that say nothing', () => {
    const { text } = write(dialect, eventsOf({ ...ANSWER, parts: [{ type: 'text', text: '' }] }))
    expect(faultsOf(text, dialect)).toEqual([])
    expect(text).not.toMatch(/content_block_start|output_item/)
  })
})
