/** The requests of one agent's thread: a typed task, then files read and short remarks, call after call. */
import type { SourceText } from './source-texts.ts'

export interface AgentRequest {
  readonly body: object
  /** Every text of it that a model reads. */
  readonly texts: readonly string[]
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
const INSTRUCTIONS = `You are a coding agent.\n${'Follow the conventions of the repository, keep changes small and explain what you did.\n'.repeat(60)}`
/** A part of a file that a read tool shows: between these, in characters. */
const SHOWN = { least: 800, most: 14_000 } as const

const TOOLS = Array.from({ length: 12 }, (_none, index) => ({
  name: index === 0 ? 'Read' : `Tool${index}`,
  description:
    'Reads, edits or searches files in the working directory. Prefer the narrowest tool that does it. '.repeat(6),
  input_schema: {
    type: 'object',
    properties: {
      file_path: { type: 'string', description: 'The absolute path of the file' },
      offset: { type: 'number', minimum: 0 },
    },
    required: ['file_path'],
  },
}))

/** Deterministic: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) | 0
    return (state >>> 0) / 2 ** 32
  }
}

export function agentRequests(
  files: readonly SourceText[],
  { thread, calls }: { readonly thread: number; readonly calls: number },
): readonly AgentRequest[] {
  const next = numbers(thread + 1)
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(next() * list.length)] as Item
  const task = pick(TASKS)
  const messages: object[] = [{ role: 'user', content: [{ type: 'text', text: task }] }]
  const texts = [INSTRUCTIONS, ...TOOLS.map((tool) => JSON.stringify(tool)), task]
  const request = (): AgentRequest => ({
    body: {
      model: 'auto',
      messages: [...messages],
      system: [{ type: 'text', text: INSTRUCTIONS }],
      tools: TOOLS,
      max_tokens: 32_000,
      stream: true,
    },
    texts: [...texts],
  })
  const requests = [request()]
  while (requests.length < calls) {
    const { path, text } = pick(files)
    const length = Math.floor(SHOWN.least * (SHOWN.most / SHOWN.least) ** next())
    const start = Math.floor(next() * Math.max(0, text.length - length))
    const shown = numbered(text.slice(start, start + length))
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
    texts.push(remark, `Read ${JSON.stringify(input)}`, shown)
    requests.push(request())
  }
  return requests
}

/** As a read tool shows a file. */
function numbered(text: string): string {
  return text
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(6)}\t${line}`)
    .join('\n')
}
