/** Scans of recorded requests, held against figures counted from the parsed body, independently of the scanners. */
import { describe, expect, test } from 'vitest'
import { bodyOf } from './body-of.ts'
import { NO_RECORDINGS, recordedRequests } from './recorded-requests.ts'

const CLIENTS = [
  'claude-code',
  'claude-code-tui',
  'claude-code.subagent',
  'codex',
  'opencode.anthropic',
  'opencode.compat',
  'opencode.openai',
  'sdk-anthropic',
  'sdk-openai',
]

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

const list = (value: Json): Json[] => (Array.isArray(value) ? value : [])
const bytes = (text: unknown): number => Buffer.byteLength(typeof text === 'string' ? text : '')

function conversationOf(body: Json): Json[] {
  if (typeof body.input === 'string') return [{ role: 'user', content: body.input }]
  return list(body.messages ?? body.input)
}

function roleOf(message: Json): string {
  const type: string = message.type ?? 'message'
  if (type === 'message') return message.role
  return type.endsWith('_output') ? 'tool' : 'assistant'
}

/** Texts, tool inputs and results, in bytes of UTF-8. */
function textOf(content: Json): number {
  if (typeof content === 'string') return bytes(content)
  return list(content).reduce((sum, block) => {
    if (block.type === 'tool_use') return sum + bytes(JSON.stringify(block.input))
    if (block.type === 'tool_result') return sum + textOf(block.content)
    return sum + bytes(block.text)
  }, 0)
}

function messageText(message: Json): number {
  const calls = list(message.tool_calls).reduce((sum, call) => sum + bytes(call.function.arguments), 0)
  const own = bytes(message.arguments) + bytes(message.input)
  return textOf(message.content) + textOf(message.output) + calls + own
}

function countDeep(value: Json, matches: (object: Json) => boolean): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce((sum: number, member) => sum + countDeep(member, matches), 0)
  return inner + (!Array.isArray(value) && matches(value) ? 1 : 0)
}

describe.each(CLIENTS)('%s', (client) => {
  const recorded = recordedRequests(client)

  test.skipIf(recorded === null)(`every recorded request (${recorded === null ? NO_RECORDINGS : 'found'})`, () => {
    expect(recorded?.length).toBeGreaterThan(2)
    for (const { label, body, scan } of recorded ?? []) {
      const request: Json = body
      const text = JSON.stringify(body)
      const found = scan(bodyOf(text))
      const messages = conversationOf(request)
      expect(found.model, label).toBe(request.model)
      expect(found.stream, label).toBe(request.stream ?? false)
      const limit = request.max_tokens ?? request.max_completion_tokens ?? request.max_output_tokens ?? null
      expect(found.outputLimit?.tokens ?? null, label).toBe(limit)
      expect(found.messages.map((message) => message.role)).toEqual(messages.map(roleOf))
      expect(found.messages.map((message) => message.textBytes)).toEqual(messages.map(messageText))
      expect(found.toolNames).toEqual(
        list(request.tools).map((tool) => tool.name ?? tool.function?.name ?? tool.custom?.name ?? tool.type),
      )
      expect(found.toolsBytes).toBe(request.tools === undefined ? 0 : bytes(JSON.stringify(request.tools)))
      expect(found.cacheMarks).toBe(countDeep(request, (object) => 'cache_control' in object))
      const results = (message: Json): boolean => message.type === 'tool_result' || roleOf(message) === 'tool'
      expect(found.messages.reduce((sum, message) => sum + message.toolResults, 0)).toBe(
        countDeep({ messages }, (object) => results(object)),
      )
      const isCall = (object: Json): boolean =>
        object.type === 'tool_use' ||
        (object.type ?? '').endsWith('_call') ||
        (object.function !== undefined && object.type === 'function')
      expect(found.messages.reduce((sum, message) => sum + message.toolCalls, 0)).toBe(countDeep({ messages }, isCall))
      expect(found.lastAssistant).toBe(messages.findLastIndex((message) => roleOf(message) === 'assistant'))
      expect(found.news.length).toBe(messages.length - 1 - found.lastAssistant)
      expect(found.needs.signedThinking).toBe(
        countDeep({ messages }, (object) => Boolean(object.signature ?? object.encrypted_content)) > 0,
      )
      const source = Buffer.from(text)
      for (const [name, { start, end }] of found.fields) {
        expect(source.subarray(start, end).toString()).toBe(JSON.stringify(request[name]))
      }
    }
  })

  test.skipIf(recorded === null)(
    'a second scan of the same bytes gives the same hashes, a changed text other ones',
    () => {
      for (const { body, scan } of recorded ?? []) {
        const first = scan(bodyOf(JSON.stringify(body)))
        const pretty = scan(bodyOf(JSON.stringify(body, null, 2)))
        expect(pretty.prefixHashes).toEqual(first.prefixHashes)
        const doubled: Json = structuredClone(body)
        const messages = conversationOf(doubled)
        if (doubled.messages === undefined && typeof doubled.input === 'string') continue
        messages.push(messages[0])
        const longer = scan(bodyOf(JSON.stringify(doubled)))
        expect(longer.prefixHashes.slice(0, -1)).toEqual(first.prefixHashes)
        expect(longer.staticHash === first.staticHash || messages.length <= 3).toBe(true)
      }
    },
  )
})
