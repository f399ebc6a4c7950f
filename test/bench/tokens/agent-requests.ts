/** The requests of one agent's thread: a typed task, then files read and short remarks, call after call. */
import { SHOWN } from './shown-texts.ts'
import type { SourceText } from './source-texts.ts'

export interface AgentRequest {
  readonly body: object
  /** Every text of it that a model reads. */
  readonly texts: readonly string[]
  /** Those of them that the model wrote last. */
  readonly answer: readonly string[]
}

const TASKS = [
  'Please fix the parser: it fails on trailing commas, and add a test for it.',
  'How does the retry logic work? Then make the wait configurable.',
  'Refactor this module so that the cache can be replaced, and keep the public API as it is.',
] as const
const REMARKS = [
  'Let me read the file first.',
  'The test shows the problem; I will look at where the value comes from.',
  'Now I see. I will change both places and run the tests.',
] as const
/** A part of a file that a read tool shows: between these, in characters. */
const PART = { least: 800, most: 14_000 } as const

const TOOLS = 12
const SYSTEM_CHARACTERS = { least: 4_000, most: 16_000 } as const

/** What the requests are made of. */
export interface Material {
  readonly files: readonly SourceText[]
  /** Prose of which instructions are made, and tools as JSON. */
  readonly prose: readonly SourceText[]
  readonly tools: readonly SourceText[]
}

/** Deterministic: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) | 0
    return (state >>> 0) / 2 ** 32
  }
}

export function agentRequests(
  { files, prose, tools: known }: Material,
  { thread, calls }: { readonly thread: number; readonly calls: number },
): readonly AgentRequest[] {
  const next = numbers(thread + 1)
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(next() * list.length)] as Item
  const task = pick(TASKS)
  const instructions = systemOf(pick, prose, next())
  const tools = Array.from({ length: TOOLS }, () => pick(known).text)
  const messages: object[] = [{ role: 'user', content: [{ type: 'text', text: task }] }]
  const texts = [instructions, ...tools, task]
  const request = (answer: readonly string[]): AgentRequest => ({
    answer,
    body: {
      model: 'auto',
      messages: [...messages],
      system: [{ type: 'text', text: instructions }],
      tools: tools.map((tool) => JSON.parse(tool) as object),
      max_tokens: 32_000,
      stream: true,
    },
    texts: [...texts],
  })
  const requests = [request([])]
  while (requests.length < calls) {
    const { path, text } = pick(files)
    const length = Math.floor(PART.least * (PART.most / PART.least) ** next())
    const start = Math.floor(next() * Math.max(0, text.length - length))
    const show = pick(SHOWN)
    const shown = show(text.slice(start, start + length), path)
    const [remark, id, input] = [
      pick(REMARKS),
      `toolu_${thread}_${requests.length}`,
      { file_path: `/home/dev/app/${path}` },
    ]
    messages.push({
      role: 'assistant',
      content: [
        { type: 'text', text: remark },
        { type: 'tool_use', id, name: 'Read', input },
      ],
    })
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: shown }] })
    const answer = [remark, `Read ${JSON.stringify(input)}`]
    texts.push(...answer, shown)
    requests.push(request(answer))
  }
  return requests
}

function systemOf(
  pick: (list: readonly SourceText[]) => SourceText,
  prose: readonly SourceText[],
  size: number,
): string {
  const { least, most } = SYSTEM_CHARACTERS
  const length = Math.floor(least * (most / least) ** size)
  let text = 'You are a coding agent.'
  while (text.length < length) text += `\n\n${pick(prose).text.slice(0, length / 2)}`
  return text.slice(0, length)
}
