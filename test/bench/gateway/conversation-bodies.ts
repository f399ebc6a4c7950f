/**
 * Requests as Claude Code writes them: `model` first, `stream` last, a large static beginning, a history of files read.
 * A body is one of several successive calls of a turn, so that sessions grow as real ones do.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BodySize {
  /** Bytes of the body in the middle of the conversation, roughly. */
  readonly bytes: number
  /** Bytes of the history that are screenshots: text of many megabytes fits no model's context. */
  readonly images?: number
  /** Successive calls of the turn. */
  readonly calls: number
}

interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly object[]
}

const TYPED =
  'Please refactor the parser in src/parse.ts so that it accepts trailing commas, then add a unit test: a naïve ' +
  'approach is fine, keep the public API. Why does it fail on café.json?'

const FIRST: Message = { role: 'user', content: [{ type: 'text', text: 'How does the build work?' }] }
const FIRST_ANSWER: Message = { role: 'assistant', content: [{ type: 'text', text: 'It runs in three steps.' }] }

/** Source text to read from, the same in every run of a commit. */
function sources(): string {
  const folder = join(import.meta.dirname, '../../../src')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}

/** Numbered lines, as the client's read tool shows a file. */
function fileShown(source: string, from: number, length: number): string {
  const start = from % Math.max(1, source.length - length)
  const lines = source.slice(start, start + length).split('\n')
  return lines.map((line, index) => `${String(index + 1).padStart(6)}\t${line}`).join('\n')
}

function exchange(index: number, shown: string): readonly [Message, Message] {
  const id = `toolu_${String(index).padStart(4, '0')}`
  const input = { file_path: `/home/dev/app/src/part-${index}.ts` }
  return [
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input }] },
    { role: 'user', content: [{ tool_use_id: id, type: 'tool_result', content: shown }] },
  ]
}

function tools(count: number): readonly object[] {
  const description =
    'Reads, edits or searches files in the working directory. Prefer the narrowest tool that does it. '.repeat(12)
  const properties = {
    file_path: { type: 'string', description: 'The absolute path of the file' },
    offset: { type: 'number', minimum: 0 },
    replace_all: { type: 'boolean', default: false },
  }
  const schema = { type: 'object', properties, required: ['file_path'], additionalProperties: false }
  return Array.from({ length: count }, (_none, index) => ({
    name: index === 0 ? 'Read' : `Tool${index}`,
    description,
    input_schema: schema,
  }))
}

function instructions(small: boolean): readonly object[] {
  const text = small
    ? 'You are Claude Code, a coding agent.'
    : `You are Claude Code, a coding agent.\n${'Follow the conventions of the repository.\n'.repeat(250)}`
  return [{ type: 'text', text, cache_control: { type: 'ephemeral' } }]
}

/** A screenshot that a tool returned; the bytes are none, but as many and as varied as those of one. */
function screenshots(bytes: number): readonly Message[] {
  const each = 1_000_000
  return Array.from({ length: Math.ceil(bytes / each) }, (_none, index) => {
    const data = createHash('shake256', { outputLength: Math.floor((each * 3) / 4) })
      .update(`${index}`)
      .digest('base64')
    const [call, result] = exchange(20_000 + index, '')
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }
    const content = result.content.map((block) => ({ ...block, content: [image] }))
    return [call, { ...result, content }]
  }).flat()
}

/** The bodies of one turn, in the order they are sent. */
export function conversationBodies({ bytes, calls, images = 0 }: BodySize, stream: boolean): readonly Buffer[] {
  const small = bytes < 16_000
  const source = sources()
  const fixed = { system: instructions(small), tools: small ? [] : tools(16) }
  const written = (messages: readonly Message[]): string =>
    JSON.stringify({
      model: 'auto',
      messages,
      ...fixed,
      metadata: { user_id: 'user_0123456789abcdef_account__session_11111111-2222-3333-4444-555555555555' },
      max_tokens: 32_000,
      stream,
    })
  const typed: Message = { role: 'user', content: [{ type: 'text', text: TYPED }] }
  const missing = bytes - written([typed]).length
  // Half of the history was there before the turn; what is added grows the last body to a quarter above the size.
  const added = Math.max(60, Math.floor((small ? missing : bytes / 4) / calls) - 220)
  const before: Message[] = []
  let length = 0
  const enough = small ? 0 : missing - bytes / 8
  while (length < enough) {
    const pair = exchange(before.length, fileShown(source, length * 3, Math.min(6_000, missing)))
    before.push(...pair)
    length += JSON.stringify(pair).length
  }
  const messages: Message[] = small ? [typed] : [FIRST, ...before, ...screenshots(images), FIRST_ANSWER, typed]
  return Array.from({ length: calls }, (_none, call) => {
    if (call > 0) messages.push(...exchange(10_000 + call, fileShown(source, call * added, added)))
    return Buffer.from(written(messages))
  })
}
