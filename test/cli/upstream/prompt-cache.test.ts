import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import { runningUpstream, usageOf } from './running.ts'

const running = runningUpstream()
const MINUTE = 60_000

/** A text of so many tokens under the older tokenizer (four bytes a token). */
function words(tokens: number, start = 'a'): string {
  return start + 'x'.repeat(tokens * 4 - start.length)
}

function text(content: string, marker?: '5m' | '1h'): JsonObject {
  return {
    type: 'text',
    text: content,
    ...(marker === undefined ? {} : { cache_control: { type: 'ephemeral', ttl: marker } }),
  }
}

const user = (...content: JsonObject[]) => ({ role: 'user', content })

/** [uncached, read, written for 5 m, written for 1 h] */
async function usage(body: JsonObject, headers: Record<string, string> = {}): Promise<number[]> {
  const answered = await running.claude({ model: 'claude-sonnet-4-6', ...body }, headers)
  expect(answered.status, answered.text).toBe(200)
  const found = usageOf(answered)
  const written = found.cache_creation as JsonObject
  const five = Number(written.ephemeral_5m_input_tokens)
  const hour = Number(written.ephemeral_1h_input_tokens)
  expect(found.cache_creation_input_tokens).toBe(five + hour)
  return [Number(found.input_tokens), Number(found.cache_read_input_tokens), five, hour]
}

describe('reading and writing', () => {
  const body = { system: [text(words(2_000), '5m')], messages: [user(text(words(100)))] }

  it('writes first, reads afterwards', async () => {
    expect(await usage(body)).toEqual([100, 0, 2_000, 0])
    expect(await usage(body)).toEqual([100, 2_000, 0, 0])
    expect(await usage({ ...body, messages: [user(text(words(300)))] })).toEqual([300, 2_000, 0, 0])
  })

  it('does nothing without a marker', async () => {
    const bare = { system: words(5_000) }
    await usage(bare)
    expect(await usage(bare)).toEqual([5_001, 0, 0, 0])
  })

  it('takes a string and one text block as the same content, whatever markers move', async () => {
    await usage({ system: [text(words(2_000), '5m')], messages: [user(text(words(100), '5m'))] })
    const moved = {
      system: words(2_000),
      messages: [{ role: 'user', content: words(100) }, { role: 'assistant', content: 'ok' }, user(text('more', '5m'))],
    }
    expect(await usage(moved)).toEqual([0, 2_100, 2, 0])
  })

  it('is of one model and one key', async () => {
    await usage(body)
    expect((await usage({ ...body, model: 'claude-opus-4-5', system: [text(words(5_000), '5m')] }))[1]).toBe(0)
    expect(await usage({ ...body, model: 'claude-sonnet-4-5' })).toEqual([100, 0, 2_000, 0])
    expect(await usage(body, { 'x-api-key': 'other' })).toEqual([100, 0, 2_000, 0])
    expect(await usage(body)).toEqual([100, 2_000, 0, 0])
  })

  it('is top-level cache_control: the last block', async () => {
    const automatic = { cache_control: { type: 'ephemeral' }, system: words(2_000) }
    expect(await usage(automatic)).toEqual([0, 0, 2_001, 0])
    const messages = [user(text('hi')), { role: 'assistant', content: 'yes' }, user(text('go on'))]
    expect(await usage({ ...automatic, messages })).toEqual([0, 2_001, 3, 0])
  })
})

describe('minimum lengths', () => {
  it.each([
    ['claude-haiku-4-5', 4_096],
    ['claude-sonnet-4-6', 1_024],
    ['claude-opus-4-6', 4_096],
    ['claude-opus-4-7', 2_048],
    ['claude-opus-4-8', 1_024],
    ['claude-sonnet-5', 1_024],
    ['claude-opus-5', 512],
    ['claude-haiku-5-5', 512],
    ['claude-opus-5-5', 512],
  ])('%s caches from %i tokens', async (model, least) => {
    const ratio = ['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-opus-4-6'].includes(model) ? 1 : 1.3
    const enough = 'x'.repeat(Math.ceil((least * 4) / ratio))
    const [, , written] = await usage({ model, system: [text(enough, '5m')] })
    expect(written).toBeGreaterThanOrEqual(least)
    const short = 'x'.repeat(Math.floor(((least - 1) * 4) / ratio))
    expect((await usage({ model, system: [text(`${short.slice(1)}y`, '5m')] }))[2]).toBe(0)
  })
})

describe('what loses what', () => {
  const tool = (name: string) => ({
    name,
    input_schema: { type: 'object', description: words(1_500, name) },
    cache_control: { type: 'ephemeral' },
  })
  const toolTokens = async () => (await usage({ tools: [tool('a')] }))[2] ?? 0
  const body = {
    model: 'claude-sonnet-4-6',
    tools: [tool('a')],
    system: [text(words(2_000), '5m')],
    messages: [user(text(words(1_000), '5m'))],
    max_tokens: 4_000,
  }

  it('another tool loses everything', async () => {
    await usage(body)
    expect((await usage({ ...body, tools: [tool('b')] }))[1]).toBe(0)
  })

  it('another system prompt loses system and messages', async () => {
    const tools = await toolTokens()
    await usage(body)
    expect((await usage({ ...body, system: [text(words(2_000, 'b'), '5m')] }))[1]).toBe(tools)
  })

  it.each([
    ['tool choice', { tool_choice: { type: 'none' } }],
    ['thinking', { thinking: { type: 'adaptive' } }],
    ['effort', { output_config: { effort: 'low' } }],
  ])('another %s loses the messages', async (_name, change) => {
    const tools = await toolTokens()
    await usage(body)
    expect((await usage({ ...body, ...change }))[1]).toBe(tools + 2_000)
  })

  it('the default effort said aloud loses nothing', async () => {
    const [, , written = 0] = await usage(body)
    expect(await usage({ ...body, output_config: { effort: 'high' } })).toEqual([0, written, 0, 0])
  })
})

describe('lookback', () => {
  const question = (index: number) => user(text(words(10, `q${index}`)))
  const marked = (index: number) => user(text(words(10, `q${index}`), '5m'))
  const history = (count: number) =>
    Array.from({ length: count }, (_, index) => [question(index), { role: 'assistant', content: `a${index}` }]).flat()
  const system = words(2_000)

  it.each([
    [19, true],
    [20, false],
  ])('from a breakpoint %i blocks later: found %s', async (later, found) => {
    await usage({ system, messages: [marked(0)] })
    const between = Array.from({ length: later - 1 }, (_, index) => text(words(10, `b${index}`)))
    const messages = [user(text(words(10, 'q0')), ...between, text('end', '5m'))]
    expect((await usage({ system, messages }))[1]).toBe(found ? 2_010 : 0)
  })

  it('counts a run of tool calls, and of their results, as one', async () => {
    const tools = [{ name: 'read', input_schema: { type: 'object', properties: {} } }]
    const calls = Array.from({ length: 25 }, (_, index) => ({
      type: 'tool_use',
      id: `t${index}`,
      name: 'read',
      input: {},
    }))
    const results = calls.map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: 'ok' }))
    await usage({ system, tools, messages: [marked(0)] })
    const messages = [question(0), { role: 'assistant', content: calls }, user(...results, text('go on', '5m'))]
    expect((await usage({ system, tools, messages }))[1]).toBeGreaterThan(2_000)
  })

  it('finds a far entry again through a breakpoint near it', async () => {
    const parts = [text(words(2_000), '5m')]
    await usage({ system: parts, messages: [marked(0)] })
    expect((await usage({ system: parts, messages: [...history(20), marked(99)] }))[1]).toBe(2_000)
  })
})

describe('lifetimes', () => {
  const five = { system: [text(words(2_000), '5m')] }
  const hour = { system: [text(words(2_000), '1h')] }

  it('ends after five minutes without a read', async () => {
    await usage(five)
    running.now += 5 * MINUTE - 1
    expect(await usage(five)).toEqual([1, 2_000, 0, 0])
    running.now += 5 * MINUTE - 1
    expect(await usage(five)).toEqual([1, 2_000, 0, 0])
    running.now += 5 * MINUTE
    expect(await usage(five)).toEqual([1, 0, 2_000, 0])
  })

  it('is prolonged by a read from a later breakpoint', async () => {
    const start = text(words(2_000, 'q'))
    const early = { messages: [user({ ...start, cache_control: { type: 'ephemeral' } })] }
    await usage(early)
    running.now += 4 * MINUTE
    expect(await usage({ messages: [user(start, text('more', '5m'))] })).toEqual([0, 2_000, 1, 0])
    running.now += 4 * MINUTE
    expect(await usage(early)).toEqual([0, 2_000, 0, 0])
  })

  it('ends after an hour for entries of an hour', async () => {
    expect(await usage(hour)).toEqual([1, 0, 0, 2_000])
    running.now += 60 * MINUTE - 1
    expect(await usage(hour)).toEqual([1, 2_000, 0, 0])
    running.now += 60 * MINUTE
    expect(await usage(hour)).toEqual([1, 0, 0, 2_000])
  })

  it('splits what is written between an hour and five minutes', async () => {
    const both = { system: [text(words(2_000), '1h')], messages: [user(text(words(700), '5m'), text(words(30)))] }
    expect(await usage(both)).toEqual([30, 0, 700, 2_000])
    running.now += 10 * MINUTE
    expect(await usage(both)).toEqual([30, 2_000, 700, 0])
  })

  it('counts from the start of the request, not from its end', async () => {
    await running.script({ headersDelayMs: 150 })
    const slow = usage(five)
    await new Promise((resolve) => setTimeout(resolve, 75))
    running.now += 3 * MINUTE
    await slow
    running.now += 2 * MINUTE
    expect(await usage(five)).toEqual([1, 0, 2_000, 0])
  })

  it('is readable once the first answer starts, not before', async () => {
    await running.script([{ headersDelayMs: 120 }, {}])
    const [first, second] = await Promise.all([usage(five), usage(five)])
    expect([first, second]).toEqual([
      [1, 0, 2_000, 0],
      [1, 0, 2_000, 0],
    ])
    expect(await usage(five)).toEqual([1, 2_000, 0, 0])
  })

  it('is not written by a request that fails', async () => {
    await running.script({ status: 529 })
    expect((await running.claude({ model: 'claude-sonnet-4-6', ...five })).status).toBe(529)
    expect(await usage(five)).toEqual([1, 0, 2_000, 0])
  })

  it('is written by a pre-warm that asks for no tokens', async () => {
    const answered = await running.claude({ model: 'claude-sonnet-4-6', max_tokens: 0, ...five })
    expect(usageOf(answered)).toMatchObject({ cache_creation_input_tokens: 2_000, output_tokens: 0 })
    expect(await usage(five)).toEqual([1, 2_000, 0, 0])
  })
})

describe('the OpenAI cache', () => {
  const messages = (tokens: number, tail = '') => [
    { role: 'system', content: words(tokens) },
    { role: 'user', content: `hi${tail}` },
  ]

  async function cached(body: JsonObject): Promise<{ prompt: number; cached: number; written: number | undefined }> {
    const answered = await running.openai('chat/completions', { model: 'gpt-4.1', ...body })
    expect(answered.status, answered.text).toBe(200)
    const found = usageOf(answered)
    const details = found.prompt_tokens_details as { cached_tokens: number; cache_write_tokens?: number }
    return { prompt: Number(found.prompt_tokens), cached: details.cached_tokens, written: details.cache_write_tokens }
  }

  it('starts at 1,024 tokens and goes in steps of 128', async () => {
    await cached({ messages: messages(1_000) })
    expect((await cached({ messages: messages(1_000) })).cached).toBe(0)
    await cached({ messages: messages(1_300) })
    const again = await cached({ messages: messages(1_300, ' there') })
    expect(again.cached % 128).toBe(0)
    expect(again.cached).toBe(1_280)
    expect(again.written).toBeUndefined()
  })

  it('goes by model, cache key and account, and ends by itself', async () => {
    const body = { messages: messages(2_000), prompt_cache_key: 'a' }
    await cached(body)
    expect((await cached({ ...body, prompt_cache_key: 'b' })).cached).toBe(0)
    expect((await cached({ ...body, model: 'gpt-4.1-mini' })).cached).toBe(0)
    expect((await cached(body)).cached).toBeGreaterThan(1_900)
    running.now += 11 * MINUTE
    expect((await cached(body)).cached).toBe(0)
  })

  it('bills writes of newer models, and finds only what stood at a breakpoint', async () => {
    const model = 'gpt-6-luna'
    const first = await cached({ model, messages: messages(2_000) })
    expect(first).toMatchObject({ cached: 0, written: first.prompt })
    const longer = [...messages(2_000), { role: 'assistant', content: 'yes' }, { role: 'user', content: 'go on' }]
    const second = await cached({ model, messages: longer })
    expect(second).toMatchObject({ cached: first.prompt, written: second.prompt - first.prompt })
    expect((await cached({ model, messages: messages(2_000, ' other') })).cached).toBe(0)
    const bill = (await running.requests()).map((record) => record.billed)
    expect(bill[0]).toMatchObject({ input: 0, cacheRead: 0, cacheWrite30m: first.prompt })
    expect(bill[1]).toMatchObject({ cacheRead: first.prompt, cacheWrite30m: second.prompt - first.prompt })
  })

  it('writes nothing in explicit mode without breakpoints, and 12 h entries apart', async () => {
    const model = 'gpt-6-luna'
    const options = { prompt_cache_options: { mode: 'explicit', ttl: '12h' } }
    expect((await cached({ model, messages: messages(2_000), ...options })).written).toBe(0)
    const marked = { type: 'text', text: words(2_000), prompt_cache_breakpoint: { mode: 'explicit' } }
    const body = {
      model,
      messages: [
        { role: 'user', content: [marked] },
        { role: 'user', content: 'hi' },
      ],
      ...options,
    }
    expect((await cached(body)).written).toBeGreaterThan(1_999)
    expect((await running.requests()).at(-1)?.billed).toMatchObject({ cacheWrite30m: 0, cacheRead: 0 })
    running.now += 11 * 60 * MINUTE
    expect((await cached(body)).cached).toBeGreaterThan(1_999)
  })

  it('reports the same on Responses', async () => {
    const body = { model: 'gpt-6-luna', input: words(3_000) }
    const first = await running.openai('responses', body)
    expect(usageOf(first).input_tokens_details).toMatchObject({
      cached_tokens: 0,
      cache_write_tokens: usageOf(first).input_tokens,
    })
    const second = await running.openai('responses', body)
    expect(usageOf(second).input_tokens_details).toMatchObject({
      cached_tokens: usageOf(first).input_tokens,
      cache_write_tokens: 0,
    })
    const older = await running.openai('responses', { model: 'gpt-5.5', input: words(3_000) })
    expect(usageOf(older).input_tokens_details).toEqual({ cached_tokens: 0 })
  })
})
