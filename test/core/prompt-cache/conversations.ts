/** Messages requests for the tests of prompt caching, by hand and by chance, and what a marked one means. */
import * as fc from 'fast-check'
import { applyEdits } from '../../../src/core/dialects/passthrough.ts'
import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import type { BreakpointInput, PlannedMark } from '../../../src/core/prompt-cache/breakpoints.ts'
import { planBreakpoints } from '../../../src/core/prompt-cache/breakpoints.ts'
import { bodyOf } from '../dialects/body-of.ts'

export type Json = Record<string, unknown>

export interface Planned {
  readonly marks: readonly PlannedMark[]
  readonly text: string
  readonly body: Json
}

/** Plans a body's marks, makes the edits and parses the outcome. One token is four bytes, as at the scripted provider. */
export function plan(body: Json | string, input: Partial<Omit<BreakpointInput, 'scan'>> = {}): Planned {
  const source = bodyOf(typeof body === 'string' ? body : JSON.stringify(body))
  const marks = planBreakpoints({
    scan: scanAnthropicMessages(source),
    lifetime: 'short',
    tokensPerByte: 0.25,
    minCacheTokens: 0,
    warmMessages: null,
    taken: [],
    ...input,
  })
  const edited = applyEdits(
    source.bytes,
    marks.flatMap(({ edits }) => edits),
  )
  const text = new TextDecoder().decode(edited)
  return { marks, text, body: JSON.parse(text) as Json }
}

/** What the model reads of a value: no marks, and a string content as the one text block that it is. */
export function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'cache_control')
      .map(([name, part]) =>
        (name === 'content' || name === 'system') && typeof part === 'string'
          ? [name, [{ type: 'text', text: part }]]
          : [name, meaning(part)],
      ),
  )
}

/** A plain agent's conversation of so many answered calls, each with one tool call. */
export function agentBody(calls: number, { marked = false }: { marked?: boolean } = {}): Json {
  const mark = marked ? { cache_control: { type: 'ephemeral' } } : {}
  const messages: Json[] = [{ role: 'user', content: [{ type: 'text', text: 'Fix the bug', ...mark }] }]
  for (let call = 0; call < calls; call += 1) {
    messages.push(
      {
        role: 'assistant',
        content: [
          { type: 'text', text: `I read ${call}` },
          { type: 'tool_use', id: `t${call}`, name: 'read', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: `t${call}`, content: `line ${call}` }] },
    )
  }
  return {
    model: 'claude-opus-4-6',
    max_tokens: 100,
    system: 'You fix bugs.',
    tools: [{ name: 'read', description: 'Reads', input_schema: { type: 'object' } }],
    messages,
  }
}

const text = fc.constantFrom('a', 'word "quoted" \\ é 😀', 'two\nlines', 'x'.repeat(400))
const own = fc.constantFrom<Json>({}, {}, {}, {}, { cache_control: { type: 'ephemeral' } }, { cache_control: null })

const userBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.constant({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }),
  fc.constant({ type: 'something_new', text: 'z' }),
)
const answerBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.constant({ type: 'thinking', thinking: 'hm', signature: 'c2ln' }),
  fc.constant({ type: 'redacted_thinking', data: 'eA==' }),
)

interface Round {
  readonly answer: readonly Json[]
  readonly calls: number
  readonly reply: string | readonly Json[]
  readonly mark: Json
}

const round: fc.Arbitrary<Round> = fc.record({
  answer: fc.array(answerBlock, { maxLength: 12 }),
  calls: fc.nat({ max: 3 }),
  reply: fc.oneof(text, fc.array(userBlock, { minLength: 1, maxLength: 30 })),
  mark: own,
})

function roundMessages({ answer, calls, reply, mark }: Round, index: number): Json[] {
  const ids = Array.from({ length: calls }, (_, call) => `toolu_${index}_${call}`)
  const blocks = [...answer, ...ids.map((id) => ({ type: 'tool_use', id, name: 'read', input: { a: 1 } }))]
  const results: Json[] = ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'done' }))
  const said = typeof reply === 'string' ? [{ type: 'text', text: reply }] : reply
  const last = [...results, ...said]
  const end = last.at(-1)
  if (end?.['type'] === 'text') last.splice(-1, 1, { ...end, ...mark })
  return [
    { role: 'assistant', content: blocks.length === 0 ? [{ type: 'text', text: 'ok' }] : blocks },
    { role: 'user', content: typeof reply === 'string' && calls === 0 && !('cache_control' in mark) ? reply : last },
  ]
}

/** Conversations with strings and lists, thinking, parallel calls, unknown blocks, tools loaded later, marks here and there. */
export const conversation: fc.Arbitrary<Json> = fc
  .record({
    system: fc.oneof(
      fc.constant(null),
      text,
      fc.array(fc.record({ type: fc.constant('text'), text }), { minLength: 1, maxLength: 3 }),
    ),
    tools: fc.array(fc.boolean(), { maxLength: 4 }),
    first: fc.oneof(text, fc.array(userBlock, { minLength: 1, maxLength: 4 })),
    rounds: fc.array(round, { maxLength: 8 }),
    hour: fc.boolean(),
    systemMark: own,
  })
  .map(({ system, tools, first, rounds, hour, systemMark }) => {
    const marked = Array.isArray(system)
      ? system.map((block, at) => (at === 0 ? { ...block, ...systemMark } : block))
      : system
    const body: Json = {
      model: 'claude-opus-4-6',
      max_tokens: 100,
      ...(tools.length === 0
        ? {}
        : {
            tools: tools.map((later, index) => ({
              name: `tool_${index}`,
              input_schema: { type: 'object' },
              ...(later ? { defer_loading: true } : {}),
            })),
          }),
      ...(marked === null ? {} : { system: marked }),
      messages: [{ role: 'user', content: first }, ...rounds.flatMap(roundMessages)],
    }
    return withFewMarks(body, hour)
  })

/** Keeps the first three of the client's marks; with `hour` the first of them asks for an hour, which is legal. */
function withFewMarks(body: Json, hour: boolean): Json {
  let seen = 0
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) => {
      if (name !== 'cache_control' || value === null) return value
      seen += 1
      if (seen > 3) return undefined
      return hour && seen === 1 ? { type: 'ephemeral', ttl: '1h' } : value
    }),
  ) as Json
}
