import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import { errorMessage, runningUpstream, usageOf, type Answered } from './running.ts'

const running = runningUpstream()
const tools = ['one', 'two'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }))
const first = { role: 'user', content: 'First question' }
const second = { role: 'user', content: 'Second question' }
const base = { system: 'Be brief.', tools, messages: [first] }

async function turn(model: string, extra: JsonObject = {}): Promise<{ role: string; content: JsonObject[] }> {
  await running.script({ reply: { text: 'An answer.' } })
  const thinking = model.includes('4-') || model.includes('sonnet-5') ? { thinking: { type: 'adaptive' } } : {}
  const answered = await running.claude({ model, ...base, ...thinking, ...extra })
  expect(answered.status, answered.text).toBe(200)
  return { role: 'assistant', content: answered.json.content as JsonObject[] }
}

function again(model: string, reply: unknown, extra: JsonObject = {}, headers = {}): Promise<Answered> {
  return running.claude({ model, ...base, messages: [first, reply, second], ...extra }, headers)
}

const BOUND = ['claude-haiku-5-5', 'claude-sonnet-5-5', 'claude-opus-5-5', 'claude-fable-5-1', 'claude-fable-5-2']

describe('signatures of models that preserve thinking', () => {
  it.each(BOUND)('%s accepts an unchanged conversation', async (model) => {
    const reply = await turn(model)
    const reordered = {
      tools: tools.toReversed(),
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    }
    expect((await again(model, reply)).status).toBe(200)
    expect((await again(model, reply, reordered)).status).toBe(200)
  })

  it.each(BOUND)('%s refuses a rewritten one, saying what differs', async (model) => {
    const reply = await turn(model)
    const system = await again(model, reply, { system: 'Be verbose.' })
    expect(system.status).toBe(400)
    expect(errorMessage(system)).toMatch(
      /^messages\.1\.content\.0: Invalid `signature` in `thinking` block\. The block is bound to a different conversation\./,
    )
    expect(errorMessage(system)).toMatch(/The `system` prompt differs from the one this block was created with\.$/)
    expect(errorMessage(await again(model, reply, { tools: tools.slice(1) }))).toMatch(/The `tools` differ/)
    const rewritten = { messages: [{ role: 'user', content: 'Another question' }, reply, second] }
    expect(errorMessage(await again(model, reply, rewritten))).toMatch(/The messages before this block differ/)
  })

  it('refuses in count_tokens too', async () => {
    const reply = await turn('claude-opus-5-5')
    const body = { model: 'claude-opus-5-5', ...base, system: 'Other', messages: [first, reply, second] }
    const headers = { 'x-api-key': 'test-key', 'anthropic-version': '2023-06-01' }
    expect((await running.call('POST', '/v1/messages/count_tokens', body, headers)).status).toBe(400)
  })

  it('drops instead when the request says so, with its beta, and reports it', async () => {
    const reply = await turn('claude-opus-5-5')
    const thinking = { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } }
    const extra = { system: 'Other', thinking }
    expect((await again('claude-opus-5-5', reply, extra)).status).toBe(400)
    const beta = { 'anthropic-beta': 'thinking-binding-controls-2026-08-01' }
    const answered = await again('claude-opus-5-5', reply, extra, beta)
    expect(answered.status).toBe(200)
    expect(answered.json.input_transformations).toEqual([
      { type: 'thinking_dropped', path: 'messages.1.content.0', reason: 'prefix_binding_mismatch' },
    ])
  })

  it('lets thinking be left out from the front or the back, not from the middle', async () => {
    const model = 'claude-opus-5-5'
    const replies = [await turn(model)]
    const messages: unknown[] = [first]
    for (let round = 1; round <= 2; round += 1) {
      messages.push(replies.at(-1), { role: 'user', content: `Question ${round}` })
      replies.push(await turn(model, { messages }))
    }
    const bare = (at: number) => ({ ...replies[at], content: replies[at]?.content.slice(1) })
    const whole = [...messages, replies[2], second]
    const strip = (...at: number[]) =>
      whole.map((message) => {
        const index = replies.indexOf(message as (typeof replies)[number])
        return at.includes(index) ? bare(index) : message
      })
    expect((await running.claude({ model, ...base, messages: whole })).status).toBe(200)
    expect((await running.claude({ model, ...base, messages: strip(0, 1) })).status).toBe(200)
    expect((await running.claude({ model, ...base, messages: strip(2) })).status).toBe(200)
    const middle = await running.claude({ model, ...base, messages: strip(1) })
    expect(errorMessage(middle)).toMatch(/The `thinking` block that preceded this one when it was created is missing/)
  })
})

describe('signatures of older models', () => {
  it('do not bind the conversation, but the text', async () => {
    const model = 'claude-sonnet-4-6'
    const reply = await turn(model)
    expect((await again(model, reply, { system: 'Other' })).status).toBe(200)
    const edited = {
      ...reply,
      content: [{ ...reply.content[0], thinking: 'Something else' }, ...reply.content.slice(1)],
    }
    expect(errorMessage(await again(model, edited))).toBe(
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    )
  })

  it('that nobody here made are refused when strict, and taken when lax', async () => {
    const reply = {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'x', signature: 'SCRIPTEDabc==' },
        { type: 'text', text: 'y' },
      ],
    }
    expect((await again('claude-sonnet-4-6', reply)).status).toBe(400)
    await running.script({ settings: { strict: false } })
    expect((await again('claude-sonnet-4-6', reply)).status).toBe(200)
  })
})

describe('switching models', () => {
  const READS: [from: string, to: string, reads: boolean][] = [
    ['claude-haiku-5-5', 'claude-sonnet-5-5', true],
    ['claude-haiku-5-5', 'claude-opus-5-5', true],
    ['claude-sonnet-5-5', 'claude-opus-5-5', true],
    ['claude-opus-5', 'claude-opus-5-5', true],
    ['claude-sonnet-5', 'claude-sonnet-5-5', true],
    ['claude-opus-4-8', 'claude-haiku-5-5', true],
    ['claude-sonnet-5', 'claude-haiku-5-5', true],
    ['claude-opus-5-5', 'claude-sonnet-5-5', false],
    ['claude-opus-5-5', 'claude-haiku-5-5', false],
    ['claude-opus-5', 'claude-haiku-5-5', false],
    ['claude-opus-5', 'claude-sonnet-5-5', false],
    ['claude-sonnet-5-5', 'claude-haiku-5-5', false],
    ['claude-fable-5-1', 'claude-haiku-5-5', false],
    ['claude-fable-5-1', 'claude-opus-5-5', false],
    ['claude-opus-5-5', 'claude-sonnet-4-6', false],
  ]
  it.each(READS)('%s to %s: never a 400, read: %s', async (from, to, reads) => {
    const reply = await turn(from)
    const kept = await again(to, reply)
    expect(kept.status, kept.text).toBe(200)
    const bare = await again(to, { ...reply, content: reply.content.slice(1) })
    const difference = Number(usageOf(kept).input_tokens) - Number(usageOf(bare).input_tokens)
    expect(difference > 0).toBe(reads)
  })

  it('drops blocks of account-bound models in another account', async () => {
    const reply = await turn('claude-haiku-5-5')
    const beta = { 'x-api-key': 'another', 'anthropic-beta': 'thinking-binding-controls-2026-08-01' }
    const answered = await again('claude-haiku-5-5', reply, {}, beta)
    expect(answered.json.input_transformations).toMatchObject([{ reason: 'organization_binding_mismatch' }])
  })

  it('keeps the way back open: a round trip reads its own blocks again', async () => {
    const reply = await turn('claude-opus-5-5')
    await running.script({ reply: { text: 'Small answer.' } })
    const small = await again('claude-haiku-5-5', reply)
    const messages = [
      first,
      reply,
      second,
      { role: 'assistant', content: small.json.content },
      { role: 'user', content: 'Back' },
    ]
    expect((await running.claude({ model: 'claude-opus-5-5', ...base, messages })).status).toBe(200)
  })
})
