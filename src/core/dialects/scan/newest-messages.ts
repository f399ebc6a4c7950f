/**
 * Parses the few messages that a decision looks at: those after the last assistant message, and that one.
 * Long strings in them are cut to their beginning and end first, so that a pasted file of megabytes costs nothing.
 * It decides what is worth parsing; what the parsed values mean is the dialect's business.
 */
import type { BodyText, ByteRange } from '../body-text.ts'
import type { ContentBlock, MessageShape, ParsedMessage } from '../request-scan.ts'
import { JsonWalker } from './json-walker.ts'
import { excerptCuts, omission, type ExcerptSize } from './string-text.ts'

const QUOTE = 0x22

/** What is kept of each string in a message, by its role. Test runs tell their outcome at the end. */
const EXCERPTS: Readonly<Record<string, ExcerptSize>> = {
  system: { head: 3_072, tail: 1_024 },
  developer: { head: 3_072, tail: 1_024 },
  assistant: { head: 8_192, tail: 8_192 },
}
const EXCERPT: ExcerptSize = { head: 16_384, tail: 16_384 }

/** Messages that are larger than this even with their strings cut are not parsed. */
const PARSED_BYTES = 2 * 1024 * 1024

/** Deeper values cannot be written out as text again. */
const WRITABLE_DEPTH = 1_000

/** Turns the parsed JSON of one message into blocks. `shallow` is false where nesting forbids writing inputs as text. */
type BlocksReader = (value: unknown, shallow: boolean) => ContentBlock[]

export class NewestMessages {
  private readonly body: BodyText
  private readonly read: BlocksReader
  private readonly shallow: boolean

  constructor(body: BodyText, read: BlocksReader, deepest: number) {
    this.body = body
    this.read = read
    this.shallow = deepest < WRITABLE_DEPTH
  }

  /** Everything after the last assistant message. */
  news(messages: readonly MessageShape[], lastAssistant: number): ParsedMessage[] {
    return messages.slice(lastAssistant + 1).map((shape) => ({ role: shape.role, blocks: this.blocks(shape) }))
  }

  /** The last answer: the run of assistant messages that ends with the last one, as one message. */
  lastAnswer(messages: readonly MessageShape[], lastAssistant: number): ParsedMessage | null {
    if (lastAssistant < 0) return null
    let first = lastAssistant
    while (first > 0 && messages[first - 1]?.role === 'assistant') first--
    const blocks = messages.slice(first, lastAssistant + 1).flatMap((shape) => this.blocks(shape))
    return { role: 'assistant', blocks }
  }

  private blocks(shape: MessageShape): ContentBlock[] {
    const text = excerptJson(this.body, shape.range, EXCERPTS[shape.role] ?? EXCERPT)
    if (text === null) return [{ type: 'other' }]
    return this.read(JSON.parse(text) as unknown, this.shallow)
  }
}

/** A JSON value's text with its long strings cut; null if it is too large all the same. */
function excerptJson(body: BodyText, range: ByteRange, size: ExcerptSize): string | null {
  const { start, end } = range
  if (end - start <= size.head + size.tail) return body.decode(start, end)
  const walker = new JsonWalker(body)
  const pieces: string[] = []
  let from = start
  let length = 0
  let quote = body.bytes.indexOf(QUOTE, start)
  while (quote >= 0 && quote < end && length <= PARSED_BYTES) {
    walker.position = quote
    walker.string()
    const cuts = excerptCuts(body.bytes, { start: walker.stringStart, end: walker.stringEnd }, size)
    if (cuts !== null) {
      pieces.push(body.decode(from, cuts.headEnd), omission(cuts.tailStart - cuts.headEnd))
      length += cuts.headEnd - from
      from = cuts.tailStart
    }
    quote = body.bytes.indexOf(QUOTE, walker.position)
  }
  if (length + end - from > PARSED_BYTES) return null
  pieces.push(body.decode(from, end))
  return pieces.join('')
}
