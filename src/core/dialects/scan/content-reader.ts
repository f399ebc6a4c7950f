/**
 * Reads the content of a message: a string, or a list of blocks of any dialect.
 * It decides what a content means as far as its hash goes: a string equals a list with one text block of that text,
 * and cache marks, wherever they stand, have no meaning. It never looks at what a text says.
 */
import type { JsonWalker } from './json-walker.ts'
import { KeyNames, readWord } from './key-names.ts'
import type { MessageTally } from './message-tally.ts'
import { readArray, readObject, type Overridden } from './object-reader.ts'

const QUOTE = 0x22
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const NULL_START = 0x6e
const TRUE_START = 0x74

/** Tool results hold blocks, whose search results hold blocks: deeper ones are not looked into. */
const NESTED_CONTENT = 2

/** The marks of prompt caches: Anthropic's and, from GPT-5.6 on, OpenAI's. */
const CACHE_MARKS = ['cache_control', 'prompt_cache_breakpoint'] as const

const BLOCK_KEYS = new KeyNames([
  'type',
  'text',
  'refusal',
  'content',
  'input',
  'is_error',
  'signature',
  'data',
  ...CACHE_MARKS,
])

const TEXTS_NOTED = 4

type BlockKind = 'text' | 'image' | 'document' | 'tool-call' | 'tool-result' | 'thinking'

/** Block types of all dialects: https://docs.anthropic.com/en/api/messages, https://platform.openai.com/docs/api-reference */
const BLOCK_KINDS: ReadonlyMap<string, BlockKind> = new Map<string, BlockKind>([
  ['text', 'text'],
  ['input_text', 'text'],
  ['output_text', 'text'],
  ['refusal', 'text'],
  ['image', 'image'],
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['document', 'document'],
  ['file', 'document'],
  ['input_file', 'document'],
  ['input_audio', 'document'],
  ['tool_use', 'tool-call'],
  ['server_tool_use', 'tool-call'],
  ['mcp_tool_use', 'tool-call'],
  ['tool_result', 'tool-result'],
  ['thinking', 'thinking'],
  ['redacted_thinking', 'thinking'],
])

const TYPE_NAMES = new KeyNames([...BLOCK_KINDS.keys()])

/** The kind of a block by its type; null for types unknown here. */
export function blockKind(type: string): BlockKind | null {
  return BLOCK_KINDS.get(type) ?? (type.endsWith('_tool_result') ? 'tool-result' : null)
}

/** True for the members that only mark a cache. */
export function isCacheMark(name: string): boolean {
  return (CACHE_MARKS as readonly string[]).includes(name)
}

/** Reads a cache mark: 1 if it is set, 0 if it is null. */
export function readCacheMark(walker: JsonWalker): number {
  const set = walker.peek() === OPEN_OBJECT ? 1 : 0
  const start = walker.position
  walker.value()
  if (set === 1 && LONG_LIFETIME.test(walker.body.decode(start, walker.position))) walker.longLivedMark = true
  return set
}

const LONG_LIFETIME = /"ttl"\s*:\s*"1h"/

/** Reads a string and returns its length in bytes with escapes resolved; any other value counts as it stands. */
export function readTextBytes(walker: JsonWalker): number {
  const start = walker.position
  const first = walker.peek()
  walker.value()
  if (first === QUOTE) return walker.stringEnd - walker.stringStart - walker.stringLoss
  return first === NULL_START ? 0 : walker.position - start
}

/** Reads what a tool is called with into the tally. */
export function readInput(walker: JsonWalker, tally: MessageTally): void {
  const bytes = readTextBytes(walker)
  tally.textBytes += bytes
  tally.inputBytes += bytes
}

/** Reads a content value into the tally. False if it is neither a string, a list nor null. */
export function readContent(walker: JsonWalker, tally: MessageTally, overridden?: Overridden, depth = 0): boolean {
  const first = walker.peek()
  if (first === QUOTE) {
    tally.textBytes += readPlainText(walker, tally)
    if (depth === 0) tally.blocks = 1
    return true
  }
  if (first !== OPEN_ARRAY || depth > NESTED_CONTENT) {
    tally.textBytes += readTextBytes(walker)
    return first === NULL_START || first === OPEN_ARRAY
  }
  // The brackets have no part in the hash: a list of one text is that text.
  let a = walker.hashA
  let b = walker.hashB
  const count = readArray(walker, () => {
    walker.hashA = a
    walker.hashB = b
    if (walker.peek() === OPEN_OBJECT) readBlock(walker, tally, overridden, depth)
    else tally.textBytes += readPlainText(walker, tally)
    a = walker.hashA
    b = walker.hashB
  })
  walker.hashA = a
  walker.hashB = b
  if (depth === 0) tally.blocks = count
  return true
}

/** Reads a text, with its own hash taken into the running one, as a text block would be. */
function readPlainText(walker: JsonWalker, tally: MessageTally): number {
  const outerA = walker.hashA
  const outerB = walker.hashB
  walker.seed()
  const bytes = readTextBytes(walker)
  noteText(walker, tally)
  const textA = walker.hashA
  const textB = walker.hashB
  walker.hashA = outerA
  walker.hashB = outerB
  walker.mix(textA, textB)
  return bytes
}

/** Remembers where the first few texts stand: the beginning of a prompt tells whose it is. */
function noteText(walker: JsonWalker, tally: MessageTally): void {
  if (tally.texts.length < TEXTS_NOTED) tally.texts.push({ start: walker.stringStart, end: walker.stringEnd })
}

function readBlock(walker: JsonWalker, tally: MessageTally, overridden: Overridden | undefined, depth: number): void {
  const outerA = walker.hashA
  const outerB = walker.hashB
  const start = walker.position
  const textBefore = tally.textBytes
  let type = ''
  let text = 0
  let textA = 0
  let textB = 0
  let input = 0
  let failed = false
  let signed = false
  let others = 0
  readObject(
    walker,
    BLOCK_KEYS,
    (name) => {
      const first = walker.peek()
      switch (name) {
        case 'type':
          type = readWord(walker, TYPE_NAMES)
          return true
        case 'text':
        case 'refusal':
          walker.seed()
          text += readTextBytes(walker)
          if (first === QUOTE) noteText(walker, tally)
          textA = walker.hashA
          textB = walker.hashB
          return true
        case 'cache_control':
        case 'prompt_cache_breakpoint':
          tally.cacheMarks += readCacheMark(walker)
          return false
        case 'content':
          readContent(walker, tally, overridden, depth + 1)
          break
        case 'input': {
          const inputStart = walker.position
          walker.value()
          input = walker.position - inputStart
          break
        }
        case 'is_error':
          failed = first === TRUE_START
          walker.value()
          break
        case 'signature':
        case 'data':
          walker.value()
          signed ||= first === QUOTE && walker.stringEnd > walker.stringStart
          break
        default:
          walker.value()
      }
      if (first !== NULL_START) others++
      return true
    },
    overridden,
  )
  const kind = blockKind(type)
  if (kind === 'text') {
    tally.textBytes += text
    if (others === 0) {
      walker.hashA = outerA
      walker.hashB = outerB
      walker.mix(textA, textB)
    }
  } else if (kind === 'tool-call') {
    tally.toolCalls++
    tally.textBytes += input
    if (depth === 0) tally.inputBytes += input
  } else if (kind === 'tool-result') {
    tally.toolResults++
    if (depth === 0) tally.resultBytes += tally.textBytes - textBefore
    if (failed) tally.toolErrors++
  } else if (kind === 'image') tally.images++
  else if (kind === 'document') tally.documents++
  else if (kind === 'thinking') {
    tally.thinkingBlocks++
    if (signed) tally.signed++
  } else if (tally.textBytes === textBefore) tally.textBytes += walker.position - start
}
