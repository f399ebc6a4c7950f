/** Usage as servers in between tell it: not at all, as zeros, too early, twice, or as numbers that cannot be true. */
import { describe, expect, it } from 'vitest'
import { NO_USAGE, type Usage } from '../../../src/core/chat/usage.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { believedReading } from '../../../src/core/metering/believed-reading.ts'
import type { StreamReading } from '../../../src/core/metering/stream-reading.ts'
import { billableUsage, createStreamMeter, readAnswerUsage } from '../../../src/core/metering/usage-meter.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`

/** How one dialect tells what they all tell. */
interface Wire {
  readonly dialect: DialectName
  /** The beginning, with what it tells of usage. */
  begin(usage: object | null): string
  /** So many bytes of text. */
  say(bytes: number): string
  /** Why the answer ends, with usage; told twice it is a second report. */
  close(usage: object | null): string
  readonly end: string
  /** Usage in the dialect's words. */
  counts(prompt: unknown, output: unknown): object
  whole(text: string, usage: object | null): string
}

const anthropic: Wire = {
  dialect: 'anthropic-messages',
  begin: (usage) => data({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage } }),
  say: (bytes) =>
    data({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x'.repeat(bytes) } }),
  close: (usage) => data({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }),
  end: data({ type: 'message_stop' }),
  counts: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  whole: (text, usage) => JSON.stringify({ type: 'message', content: text ? [{ type: 'text', text }] : [], usage }),
}

const chunk = (fields: object): string => data({ id: 'c', model: 'm', ...fields })
const chat: Wire = {
  dialect: 'openai-chat-completions',
  begin: (usage) => chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }], usage }),
  say: (bytes) => chunk({ choices: [{ index: 0, delta: { content: 'x'.repeat(bytes) } }] }),
  close: (usage) =>
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) + chunk({ choices: [], usage }),
  end: 'data: [DONE]\n\n',
  counts: (prompt_tokens, completion_tokens) => ({ prompt_tokens, completion_tokens }),
  whole: (content, usage) => JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }], usage }),
}

const responses: Wire = {
  dialect: 'openai-responses',
  begin: (usage) => data({ type: 'response.created', response: { id: 'r', status: 'in_progress', usage } }),
  say: (bytes) => data({ type: 'response.output_text.delta', delta: 'x'.repeat(bytes) }),
  close: (usage) => data({ type: 'response.completed', response: { id: 'r', status: 'completed', usage } }),
  end: '',
  counts: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  whole: (text, usage) =>
    JSON.stringify({
      status: 'completed',
      output: text ? [{ type: 'message', content: [{ type: 'output_text', text }] }] : [],
      usage,
    }),
}

const WIRES = [anthropic, chat, responses].map((wire) => [wire.dialect, wire] as const)

function read({ dialect }: Wire, ...events: readonly string[]): StreamReading {
  const meter = createStreamMeter(dialect)
  meter.push(encode(events.join('')))
  meter.end()
  return meter.reading()
}

const EXPECTED = { prompt: { ...NO_USAGE, inputTokens: 900 }, bytesPerToken: 4, outputLimit: 4_000 }
const exactly = (usage: Partial<Usage>) => ({ usage: { ...NO_USAGE, ...usage }, estimated: false })
const about = (usage: Partial<Usage>) => ({ usage: { ...NO_USAGE, ...usage }, estimated: true })

describe.each(WIRES)('%s', (_name, wire) => {
  const { begin, say, close, end, counts } = wire
  const billed = (...events: readonly string[]) => billableUsage(read(wire, ...events), EXPECTED)

  it.each([[null], [{}], [counts(0, 0)], [counts(-5, -5)], [counts('a', {})]])(
    'usage that says nothing: %j is an estimate of all',
    (usage) => {
      expect(billed(begin(null), say(400), close(usage), end)).toEqual(about({ inputTokens: 900, outputTokens: 100 }))
      expect(billed(begin(usage), say(400), close(usage), end)).toEqual(about({ inputTokens: 900, outputTokens: 100 }))
    },
  )

  it.each([[0], [null], [undefined], [-1]])(
    'a prompt of %j is the expected one, the output the one that was told',
    (prompt) => {
      expect(billed(begin(counts(0, 0)), say(400), close(counts(prompt, 70)), end)).toEqual(
        about({ inputTokens: 900, outputTokens: 70 }),
      )
    },
  )

  it('no output of an answer with text is an estimate, of one without it is true', () => {
    expect(billed(begin(null), say(400), close(counts(10, 0)), end)).toEqual(
      about({ inputTokens: 10, outputTokens: 100 }),
    )
    expect(billed(begin(null), close(counts(10, 0)), end)).toEqual(exactly({ inputTokens: 10 }))
  })

  it.each([[null], [{}], [counts(0, 0)], [counts(-1, -1)]])('a second report of %j changes nothing', (usage) => {
    expect(billed(begin(null), say(400), close(counts(10, 70)), close(usage), end)).toEqual(
      exactly({ inputTokens: 10, outputTokens: 70 }),
    )
  })

  it.each([
    [20, 90],
    [5, 30],
  ])('a second report of %i and %i corrects the first', (prompt, output) => {
    expect(billed(begin(null), say(400), close(counts(10, 70)), close(counts(prompt, output)), end)).toEqual(
      exactly({ inputTokens: prompt, outputTokens: output }),
    )
  })

  it('text after the last report is added as an estimate, and more so after zeros', () => {
    const early = [begin(null), say(400), close(counts(10, 70)), say(40)]
    for (const rest of [[], [end], [close(counts(0, 0)), end]]) {
      expect(billed(...early, ...rest)).toEqual(about({ inputTokens: 10, outputTokens: 80 }))
    }
    expect(billed(...early, close(counts(10, 85)), end)).toEqual(exactly({ inputTokens: 10, outputTokens: 85 }))
  })

  it('an estimate stays within the limit, what was told does not', () => {
    expect(billed(begin(null), say(400_000))).toEqual(about({ inputTokens: 900, outputTokens: 4_000 }))
    expect(billed(begin(null), say(4), close(counts(10, 3_999)), say(400))).toEqual(
      about({ inputTokens: 10, outputTokens: 4_000 }),
    )
    expect(billed(begin(null), say(4), close(counts(10, 5_000)), say(400))).toEqual(
      about({ inputTokens: 10, outputTokens: 5_000 }),
    )
    expect(billed(begin(null), say(4), close(counts(10, 5_000)), end)).toEqual(
      exactly({ inputTokens: 10, outputTokens: 5_000 }),
    )
  })

  it.each([[-1], [0.5], [2 ** 60]])('%f is no count: the reading says so, and has none of it', (odd) => {
    const before = read(wire, begin(null), say(4), close(counts(10, 7)), end)
    expect(before.impossibleCount).toBe(false)
    for (const usage of [counts(odd, 7), counts(10, odd)]) {
      const reading = read(wire, begin(null), say(4), close(usage), end)
      expect(reading.impossibleCount).toBe(true)
      expect(billableUsage(reading, EXPECTED).estimated).toBe(true)
    }
  })

  describe('a count that no model could have', () => {
    const size = { prompt: EXPECTED.prompt, windowTokens: 200_000, outputLimit: 4_000 }
    const most = 128 * 200_000
    const believed = (prompt: number, output: number, bytes = 40) => {
      const reading = read(wire, begin(null), ...(bytes > 0 ? [say(bytes)] : []), close(counts(prompt, output)), end)
      return { reading, bill: billableUsage(believedReading(reading, size), EXPECTED) }
    }

    it('is believed up to 128 times what fits into the model', () => {
      const { reading, bill } = believed(most, most)
      expect(believedReading(reading, size)).toBe(reading)
      expect(bill).toEqual(exactly({ inputTokens: most, outputTokens: most }))
    })

    it.each([[most + 1], [1e12], [9e15]])(
      '%i: that part of the usage is an estimate, and the other is what was told',
      (odd) => {
        expect(believed(odd, 7).bill).toEqual(about({ inputTokens: 900, outputTokens: 7 }))
        expect(believed(10, odd).bill).toEqual(about({ inputTokens: 10, outputTokens: 10 }))
        expect(believed(odd, odd).bill).toEqual(about({ inputTokens: 900, outputTokens: 10 }))
        expect(believed(10, odd, 0).bill).toEqual(about({ inputTokens: 10 }))
      },
    )
  })

  describe('a whole answer', () => {
    const whole = (body: string) => billableUsage(readAnswerUsage(wire.dialect, encode(body)), EXPECTED)

    it('with usage of zeros, or none, is charged by its bytes', () => {
      for (const usage of [counts(0, 0), {}, null]) {
        const { usage: charged, estimated } = whole(wire.whole('x'.repeat(4_000), usage))
        expect(charged.inputTokens).toBe(900)
        expect(charged.outputTokens).toBeGreaterThanOrEqual(1_000)
        expect(charged.outputTokens).toBeLessThan(1_050)
        expect(estimated).toBe(true)
      }
    })

    it('that says nothing has no output, if it is told so', () => {
      expect(whole(wire.whole('', counts(10, 0)))).toEqual(exactly({ inputTokens: 10 }))
    })

    it('is as it was told', () => {
      expect(whole(wire.whole('x'.repeat(400), counts(10, 70)))).toEqual(exactly({ inputTokens: 10, outputTokens: 70 }))
      expect(whole(wire.whole('x'.repeat(400), counts(0, 70)))).toEqual(about({ inputTokens: 900, outputTokens: 70 }))
    })

    it('that nobody can read is charged by its bytes', () => {
      const answer = wire.whole('x'.repeat(400), counts(10, 70))
      for (const body of ['<html>'.padEnd(400), answer.slice(0, 300), 'event: x\ndata: y\n\n']) {
        expect(whole(body)).toEqual(about({ inputTokens: 900, outputTokens: Math.ceil(body.length / 4) }))
      }
    })
  })
})

describe('a count in the middle of a stream', () => {
  const early = { ...EXPECTED, outputLimit: 100_000 }

  it.each([
    ['of Messages', anthropic, [data({ type: 'message_delta', delta: {}, usage: { output_tokens: 1 } })]],
    ['of Chat Completions', chat, [chunk({ choices: [], usage: chat.counts(11, 1) })]],
  ] as const)('%s is not the last word, even where nothing follows', (_name, wire, counted) => {
    const begin = wire.begin(wire.counts(11, 0))
    expect(read(wire, begin, ...counted).usageKnown).toBe('prompt')
    expect(billableUsage(read(wire, begin, ...counted, wire.say(40_000)), early)).toEqual(
      about({ inputTokens: 11, outputTokens: 10_001 }),
    )
  })

  it('of Chat Completions that goes along with every piece is exact at the end and no last word before', () => {
    const piece = (output: number) =>
      chunk({ choices: [{ index: 0, delta: { content: 'abcd' } }], usage: chat.counts(11, output) })
    const pieces = [piece(1), piece(2), piece(3)]
    expect(billableUsage(read(chat, ...pieces), early)).toEqual(about({ inputTokens: 11, outputTokens: 3 }))
    expect(billableUsage(read(chat, ...pieces, chat.end), early)).toEqual(exactly({ inputTokens: 11, outputTokens: 3 }))
  })

  it('of Chat Completions with no output before any text counts none of it', () => {
    const reading = read(chat, chat.begin(chat.counts(1_000, 0)), chat.say(400))
    expect(billableUsage(reading, early)).toEqual(about({ inputTokens: 1_000, outputTokens: 100 }))
  })

  it('of Messages that counts hidden thinking is not spread over the text after it', () => {
    const thought = data({ type: 'message_delta', delta: {}, usage: { output_tokens: 500 } })
    const reading = read(
      anthropic,
      anthropic.begin({ input_tokens: 11, output_tokens: 1 }),
      thought,
      anthropic.say(400),
    )
    expect(billableUsage(reading, early)).toEqual(about({ inputTokens: 11, outputTokens: 600 }))
  })

  it('a legacy completion is counted by its text', () => {
    const text = chunk({ choices: [{ index: 0, text: 'abcdefgh' }] })
    expect(read(chat, text).outputBytes).toBe(8)
  })
})

describe('how a prompt splits', () => {
  const messages = (start: object, last: object) =>
    read(
      anthropic,
      anthropic.begin({ output_tokens: 1, ...start }),
      anthropic.close({ output_tokens: 7, ...last }),
      anthropic.end,
    ).usage
  const KNOWN = {
    input_tokens: 12,
    cache_read_input_tokens: 41_000,
    cache_creation_input_tokens: 700,
    cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
  }
  const KEPT = { inputTokens: 12, cacheReadTokens: 41_000, cacheWriteShortTokens: 500, cacheWriteLongTokens: 200 }

  it.each<[string, object, Partial<Usage>]>([
    ['kinds that are not named', { input_tokens: 13 }, { ...KEPT, inputTokens: 13 }],
    [
      'zeros beside a count that did not grow',
      { input_tokens: 12, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
      KEPT,
    ],
    [
      'fewer writes, and more reads in their place',
      { cache_read_input_tokens: 41_700, cache_creation_input_tokens: 0 },
      { inputTokens: 12, cacheReadTokens: 41_700 },
    ],
    ['a lower count', { cache_read_input_tokens: 40_000 }, { ...KEPT, cacheReadTokens: 40_000 }],
    [
      'a total of writes without their split',
      { cache_creation_input_tokens: 900 },
      { ...KEPT, cacheWriteShortTokens: 700 },
    ],
  ])('Messages: %s', (_name, last, expected) => {
    expect(messages(KNOWN, last)).toEqual({ ...NO_USAGE, ...expected, outputTokens: 7 })
  })

  it.each<[string, object, Partial<Usage>]>([
    [
      'details that are missing stay',
      { prompt_tokens: 3_000 },
      { inputTokens: 440, cacheReadTokens: 2_048, cacheWriteShortTokens: 512 },
    ],
    ['within a total that fell', { prompt_tokens: 2_000 }, { cacheReadTokens: 2_000 }],
    [
      'no hit, told so',
      { prompt_tokens: 3_000, prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 } },
      { inputTokens: 3_000 },
    ],
    [
      'hits told beside the details',
      { prompt_tokens: 3_000, prompt_cache_hit_tokens: 100, prompt_tokens_details: { cache_write_tokens: 0 } },
      { inputTokens: 2_900, cacheReadTokens: 100 },
    ],
    [
      'a total of zero says nothing',
      { prompt_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } },
      { inputTokens: 440, cacheReadTokens: 2_048, cacheWriteShortTokens: 512 },
    ],
  ])('Chat Completions: %s', (_name, second, expected) => {
    const first = {
      prompt_tokens: 3_000,
      completion_tokens: 200,
      prompt_tokens_details: { cached_tokens: 2_048, cache_write_tokens: 512 },
      completion_tokens_details: { reasoning_tokens: 128 },
    }
    const { usage } = read(chat, chat.close(first), chat.close({ ...second, completion_tokens: 200 }), chat.end)
    expect(usage).toEqual({ ...NO_USAGE, ...expected, outputTokens: 200, reasoningTokens: 128 })
  })
})
