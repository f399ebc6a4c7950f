/** A coding agent's session by hand, sized in the scripted provider's tokens: four bytes each for the older models. */

export interface SessionShape {
  readonly calls: number
  /** Prompt tokens of the first call, and what each later one adds. About: the JSON around texts is not counted. */
  readonly startTokens: number
  readonly addedTokens: number
  readonly model: string
  /** Where the client puts its own mark: on the first user message for good, on the newest message, or nowhere. */
  readonly marks: 'first' | 'tail' | 'none'
}

type Block = Record<string, unknown>
interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly Block[]
}

const MARK = { cache_control: { type: 'ephemeral' } }
const BYTES_PER_TOKEN = 4

/** The bodies of a session's calls, one after the other. */
export function* sessionBodies(shape: SessionShape): Generator<string> {
  const tools = [{ name: 'read_file', description: text(2_000), input_schema: { type: 'object' } }]
  const system = text(shape.startTokens - 3_000)
  const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: `Fix the parser. ${text(900)}` }] }]
  for (let call = 0; call < shape.calls; call += 1) {
    if (call > 0) messages.push(...toolRound(call, shape.addedTokens))
    yield JSON.stringify({
      model: shape.model,
      max_tokens: 200,
      system,
      tools,
      messages: messages.map((message, index) => {
        const marked = shape.marks === 'first' ? index === 0 : shape.marks === 'tail' && index === messages.length - 1
        return marked ? withMark(message) : message
      }),
    })
  }
}

function toolRound(call: number, tokens: number): Message[] {
  const id = `toolu_${call}`
  return [
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id, name: 'read_file', input: { path: `src/part-${call}.ts` } }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: `${call} ${text(tokens - 12)}` }] },
  ]
}

function withMark({ role, content }: Message): Message {
  return {
    role,
    content: content.map((block, index) => (index === content.length - 1 ? { ...block, ...MARK } : block)),
  }
}

function text(tokens: number): string {
  return 'flow of the canal at the gate '
    .repeat(Math.ceil((tokens * BYTES_PER_TOKEN) / 30))
    .slice(0, tokens * BYTES_PER_TOKEN)
}
