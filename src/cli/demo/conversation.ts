/**
 * The requests of a session, in the Messages dialect, as a coding agent sends them: a large fixed beginning, the whole
 * history each time, cache marks on the system prompt and on the newest message. What the agent read and did is made
 * up, so that the day is the same whatever the model answers.
 */
import { seededRandom } from '../../core/replay/seeded-random.ts'
import type { PlannedSession, PlannedTurn } from './day-plan.ts'

export interface DemoCall {
  readonly sessionId: string
  readonly turn: PlannedTurn
  readonly body: string
}

interface Block {
  readonly type: string
  readonly [field: string]: unknown
}

interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly Block[]
}

const CACHED = { cache_control: { type: 'ephemeral' } } as const

/** About as large as an agent's own: 12,000 tokens of instructions and 8,000 of tools. */
const INSTRUCTION_WORDS = 9000
const TOOL_WORDS = 700
const TOOLS = ['Read', 'Edit', 'Write', 'Bash', 'Grep', 'Glob', 'WebFetch', 'TodoWrite'] as const
/** A file or a command's output, about 1,250 tokens. */
const RESULT_WORDS = 900

const WORDS =
  'the value of each request is checked before it is written so that a caller can rely on what it reads and no file is changed without a reason that stands in the log and can be found again by its name'.split(
    ' ',
  )

function prose(words: number, random: () => number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
}

function staticPart(run: string): { readonly system: readonly Block[]; readonly tools: readonly object[] } {
  // The same for every session of a run, as an agent's instructions are, and no other run's, so that runs share no cache.
  const random = seededRandom(7)
  return {
    system: [{ type: 'text', text: `You are a coding agent (${run}). ${prose(INSTRUCTION_WORDS, random)}`, ...CACHED }],
    tools: TOOLS.map((name) => ({
      name,
      description: `${name} (${run}): ${prose(TOOL_WORDS, random)}`,
      input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
    })),
  }
}

function withMark(message: Message): Message {
  const last = message.content.length - 1
  return { ...message, content: message.content.map((block, at) => (at === last ? { ...block, ...CACHED } : block)) }
}

/**
 * All calls of a session, in order.
 *
 * @param sending its name, so that two of them share no cache, and the model every call asks for
 */
export function* callsOf(
  session: PlannedSession,
  seed: number,
  { run, model = 'auto' }: { readonly run: string; readonly model?: string },
): Generator<DemoCall> {
  const { system, tools } = staticPart(run)
  const random = seededRandom(seed)
  const history: Message[] = []
  for (const [turnIndex, turn] of session.turns.entries()) {
    history.push({ role: 'user', content: [{ type: 'text', text: turn.typed }] })
    for (let call = 0; call < turn.calls; call += 1) {
      const messages = [...history.slice(0, -1), withMark(history.at(-1)!)]
      const body = JSON.stringify({ model, max_tokens: 8000, system, tools, messages })
      yield { sessionId: session.id, turn, body }
      history.push(...(call === turn.calls - 1 ? [said()] : used(`toolu_${turnIndex}_${call}`, random)))
    }
  }
}

function said(): Message {
  return { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] }
}

function used(id: string, random: () => number): readonly Message[] {
  return [
    { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input: { path: `src/${id}.ts` } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: prose(RESULT_WORDS, random) }] },
  ]
}
