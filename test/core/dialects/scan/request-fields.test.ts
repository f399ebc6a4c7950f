import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { BodyText } from '../../../../src/core/dialects/body-text.ts'
import { scanAnthropicMessages } from '../../../../src/core/dialects/anthropic-messages/scan.ts'
import { scanChatCompletions } from '../../../../src/core/dialects/openai-chat-completions/scan.ts'
import { scanResponses } from '../../../../src/core/dialects/openai-responses/scan.ts'
import { InvalidRequest, type RequestScan } from '../../../../src/core/dialects/request-scan.ts'
import { bodyOf } from '../body-of.ts'
import { recordedRequests } from '../recorded-requests.ts'

/** The long form: npm run test:fuzz */
const RUNS = Number(process.env['HEADGATE_FUZZ_RUNS'] ?? 1_500)
vi.setConfig({ testTimeout: Math.max(20_000, RUNS * 30) })

interface Subject {
  readonly scan: (body: BodyText) => RequestScan
  readonly body: Record<string, unknown>
}

const MESSAGES = {
  model: 'claude-opus-5-5',
  max_tokens: 100,
  system: [{ type: 'text', text: 'You are "it" \\ ünïcödé 😀', cache_control: { type: 'ephemeral' } }],
  tools: [{ name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Fix src/a.ts\n\tand b' }] },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 't1', name: 'Read', input: { path: 'a', deep: [[1.5e3, null]] } }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x', is_error: true }] },
  ],
  metadata: { user_id: 'u' },
  stream: true,
}

const CHAT = {
  model: 'gpt-4.1',
  messages: [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi "you" \u2028' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'done' },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
  stream: false,
}

const RESPONSES = {
  model: 'gpt-5.5',
  instructions: 'be brief',
  input: [
    { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    { type: 'reasoning', id: 'r', summary: [], encrypted_content: 'abc' },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'ok' },
  ],
  store: false,
  stream: true,
}

const SUBJECTS: readonly Subject[] = [
  { scan: scanAnthropicMessages, body: MESSAGES },
  { scan: scanChatCompletions, body: CHAT },
  { scan: scanResponses, body: RESPONSES },
]

/** Scans and parses the same bytes: both read them, or the scan says why not. */
function agree(scan: Subject['scan'], bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('utf8')
  let parsed: unknown
  let isJson = true
  try {
    parsed = JSON.parse(text)
  } catch {
    isJson = false
  }
  let scanned: RequestScan | null = null
  let complaint = ''
  try {
    scanned = scan(bodyOf(bytes))
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error
    complaint = error.message
  }
  expect(complaint.includes('not valid JSON')).toBe(!isJson)
  if (scanned === null) return
  const request = parsed as Record<string, unknown>
  expect(scanned.model).toBe(request['model'])
  expect(scanned.stream).toBe(request['stream'] ?? false)
  expect([...scanned.fields.keys()].toSorted()).toEqual(Object.keys(request).toSorted())
  for (const [name, range] of scanned.fields) {
    expect(JSON.parse(Buffer.from(bytes.subarray(range.start, range.end)).toString('utf8'))).toEqual(request[name])
  }
  const messages = request['messages'] ?? request['input']
  if (!Array.isArray(messages)) return
  expect(scanned.messages.length).toBe(messages.length)
  expect(scanned.prefixHashes.length).toBe(messages.length)
  for (const [index, shape] of scanned.messages.entries()) {
    const own = JSON.parse(Buffer.from(bytes.subarray(shape.range.start, shape.range.end)).toString('utf8'))
    expect(own).toEqual(messages[index])
    expect(shape.textBytes).toBeGreaterThanOrEqual(0)
  }
}

const edits = fc.array(
  fc.tuple(
    fc.nat(),
    fc.constantFrom('flip', 'insert', 'delete', 'double', 'swap'),
    fc.nat(255),
    fc.integer({ min: 1, max: 40 }),
  ),
  { minLength: 1, maxLength: 3 },
)

function mutate(source: Uint8Array, changes: readonly (readonly [number, string, number, number])[]): Uint8Array {
  const bytes = [...source]
  for (const [where, edit, byte, span] of changes) {
    const at = where % bytes.length
    if (edit === 'flip') bytes[at] = byte
    else if (edit === 'insert') bytes.splice(at, 0, byte < 128 ? byte : 0x22)
    else if (edit === 'delete') bytes.splice(at, 1)
    else if (edit === 'double') bytes.splice(at, 0, ...bytes.slice(at, at + span))
    else bytes.splice(at, span, ...bytes.slice(at, at + span).toReversed())
  }
  return Uint8Array.from(bytes)
}

describe('scans agree with JSON.parse', () => {
  test('bodies with bytes changed, put in, left out, doubled and turned around', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUBJECTS), edits, fc.constantFrom(0, 1), ({ scan, body }, changes, indent) => {
        agree(scan, mutate(new TextEncoder().encode(JSON.stringify(body, null, indent)), changes))
      }),
      { numRuns: RUNS * 2 },
    )
  })

  test('bodies with a value of any other kind in place of one of theirs', () => {
    const paths = SUBJECTS.flatMap(({ scan, body }) => everyPath(body).map((path) => ({ scan, body, path })))
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), ({ scan, body, path }, value) => {
        agree(scan, new TextEncoder().encode(JSON.stringify(withValue(body, path, value))))
      }),
      { numRuns: RUNS * 2 },
    )
  })

  test('names that stand twice: the last one counts', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUBJECTS), fc.nat(), fc.nat(), ({ scan, body }, first, second) => {
        agree(scan, new TextEncoder().encode(doubleMembers(JSON.stringify(body), [first, second])))
      }),
      { numRuns: RUNS },
    )
  })

  test.skipIf(recordedRequests('claude-code') === null)('recorded bodies with a few bytes changed', () => {
    const recorded = ['claude-code', 'opencode.compat', 'codex'].flatMap((client) => recordedRequests(client) ?? [])
    const sources = recorded.map(({ scan, body }) => ({ scan, bytes: new TextEncoder().encode(JSON.stringify(body)) }))
    fc.assert(
      fc.property(fc.constantFrom(...sources), edits, ({ scan, bytes }, changes) => {
        agree(scan, mutate(bytes, changes))
      }),
      { numRuns: Math.ceil(RUNS / 30) },
    )
  })
})

type Path = readonly (string | number)[]

function everyPath(value: unknown, above: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [above]
  return [above, ...Object.entries(value).flatMap(([key, inner]) => everyPath(inner, [...above, key]))].filter(
    (path) => path.length > 0,
  )
}

function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy = Array.isArray(body) ? [...body] : { ...(body as object) }
  Reflect.set(copy, key, withValue(Reflect.get(copy, key), rest, value))
  return copy
}

/** Puts a copy of some member, with another value, before or behind a member of the same object. */
function doubleMembers(json: string, picks: readonly number[]): string {
  let text = json
  for (const pick of picks) {
    const members = [
      ...text.matchAll(/"(model|messages|role|content|type|text|stream|input|name|is_error|cache_control)":/g),
    ]
    const member = members[pick % members.length]
    if (member === undefined) continue
    const other = ['"other"', '[]', '[{"type":"text","text":"twice"}]', 'null', 'true', '{"role":"user"}'][pick % 6]
    const at = member.index
    const name = pick % 2 === 0 ? member[0] : `"\\u00${member[1]?.charCodeAt(0).toString(16)}${member[1]?.slice(1)}":`
    text = `${text.slice(0, at)}${name}${other},${text.slice(at)}`
  }
  return text
}
