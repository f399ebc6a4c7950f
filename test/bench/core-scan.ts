/**
 * How long a decision's reading of a request takes: microseconds of CPU a call, the median of several rounds, beside
 * decoding and JSON.parse of the same bytes. Run it alone: `node test/bench/core-scan.ts`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readAgent } from '../../src/core/agents/read-agent.ts'
import { scanAnthropicMessages } from '../../src/core/dialects/anthropic-messages/scan.ts'
import type { BodyText } from '../../src/core/dialects/body-text.ts'
import { scanChatCompletions } from '../../src/core/dialects/openai-chat-completions/scan.ts'
import { readSignals } from '../../src/core/signals/read-signals.ts'
import { bodyOf } from '../core/dialects/body-of.ts'

const ROUNDS = 9
const KILOBYTES = [2, 50, 100, 1_000, 10_000]
const RECORDING = resolve(process.env['HEADGATE_SHARED'] ?? '../shared', 'fixtures/claude-code.jsonl')

const SOURCE = readFileSync(new URL('../../src/core/signals/read-signals.ts', import.meta.url), 'utf8')

/** A file as an agent's read tool shows it. */
const FILE = SOURCE.split('\n')
  .slice(0, 60)
  .map((line, index) => `${index + 1}\t${line}`)
  .join('\n')

interface Request {
  messages: Record<string, unknown>[]
  [field: string]: unknown
}

/** A recorded Claude Code request (or one like it), its history lengthened to a size. */
function claudeBody(bytes: number): string {
  const base = recordedRequest()
  const request =
    bytes < 40_000 ? { ...base, tools: [], system: 'You are an agent.', messages: base.messages.slice(0, 1) } : base
  const exchange = [
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: '', signature: 'c2lnbmF0dXJl'.repeat(20) },
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: '/home/dev/app/src/walker.ts' } },
      ],
    },
    { role: 'user', content: [{ tool_use_id: 'toolu_1', type: 'tool_result', content: FILE }] },
  ]
  const missing = Math.floor((bytes - JSON.stringify(request).length) / JSON.stringify(exchange).length)
  const history = Array.from({ length: Math.max(0, missing) }, () => exchange).flat()
  return JSON.stringify({
    ...request,
    messages: [...request.messages.slice(0, 2), ...history, ...request.messages.slice(2)],
  })
}

function recordedRequest(): Request {
  if (existsSync(RECORDING)) {
    const lines = readFileSync(RECORDING, 'utf8').trim().split('\n')
    return JSON.parse(lines.at(-1) ?? '').body
  }
  const tools = Array.from({ length: 14 }, (_none, index) => ({
    name: `Tool${index}`,
    description: SOURCE.slice(0, 2_000),
    input_schema: {},
  }))
  return { model: 'm', max_tokens: 9, system: SOURCE, tools, messages: [{ role: 'user', content: 'Fix the walker' }] }
}

/** The same history in the other dialect. */
function chatBody(bytes: number): string {
  const exchange = [
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{"path":"a.ts"}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: FILE },
  ]
  const count = Math.max(0, Math.floor((bytes - 100) / JSON.stringify(exchange).length))
  const history = Array.from({ length: count }, () => exchange).flat()
  return JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'Fix the walker' }, ...history],
    stream: true,
  })
}

/** CPU time of this thread, the median of the rounds: other work on the machine disturbs it less than a clock. */
function microseconds(work: () => unknown, calls: number): number {
  for (let index = 0; index < calls; index++) work()
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.threadCpuUsage()
    for (let index = 0; index < calls; index++) work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / calls
  })
  return rounds.toSorted((one, other) => one - other)[ROUNDS >> 1] ?? Number.NaN
}

function row(label: string, body: BodyText, scan: typeof scanAnthropicMessages): Record<string, string | number> {
  const size = body.bytes.length
  const calls = Math.max(4, Math.min(2_000, Math.floor(40_000_000 / size)))
  const headers = { 'x-claude-code-session-id': 'session' }
  const scanned = scan(body)
  const scanning = microseconds(() => scan(body), calls)
  const signals = microseconds(() => readSignals(readAgent(headers, scanned), scanned), Math.max(calls, 200))
  const parsing = microseconds(() => JSON.parse(body.decode(0, size)), Math.max(3, calls >> 2))
  return {
    body: label,
    bytes: size,
    messages: scanned.messages.length,
    'scan and hash us': scanning.toFixed(1),
    'ns a byte': ((scanning * 1_000) / size).toFixed(2),
    'agent and signals us': signals.toFixed(1),
    'JSON.parse us': parsing.toFixed(1),
    'scan / parse': (scanning / parsing).toFixed(2),
  }
}

const rows = KILOBYTES.flatMap((kilobytes) => [
  row('messages', bodyOf(claudeBody(kilobytes * 1_024)), scanAnthropicMessages),
  row('chat', bodyOf(chatBody(kilobytes * 1_024)), scanChatCompletions),
])
console.table(rows)
