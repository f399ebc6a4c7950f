/** Lines of a made-up transcript in the form Claude Code writes them. */

export interface AnswerLine {
  readonly id: string
  readonly at: number
  readonly input?: number
  readonly read?: number
  readonly write5m?: number
  readonly write1h?: number
  readonly output?: number
  readonly model?: string
  readonly block?: Readonly<Record<string, unknown>>
  readonly more?: Readonly<Record<string, unknown>>
}

const FRAME = {
  parentUuid: null,
  isSidechain: false,
  userType: 'external',
  cwd: '/home/dev/shop',
  sessionId: '5f2c8d9e-0000-4000-8000-000000000001',
  version: '2.1.7',
  gitBranch: 'main',
}

const START = Date.UTC(2026, 10, 3, 8)

function stamp(at: number): string {
  return new Date(START + at).toISOString()
}

/** One content block of an answer. */
export function answer(line: AnswerLine): Record<string, unknown> {
  const { id, at, input = 4, read = 0, write5m = 0, write1h = 0, output = 200, model = 'claude-opus-4-6' } = line
  return {
    ...FRAME,
    type: 'assistant',
    uuid: `${id}-${at}`,
    timestamp: stamp(at),
    requestId: `req_${id}`,
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [line.block ?? { type: 'text', text: 'Done.' }],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: input,
        cache_creation_input_tokens: write5m + write1h,
        cache_read_input_tokens: read,
        cache_creation: { ephemeral_5m_input_tokens: write5m, ephemeral_1h_input_tokens: write1h },
        output_tokens: output,
        service_tier: 'standard',
      },
    },
    ...line.more,
  }
}

/** What somebody typed. */
export function typed(text: string, at: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ...FRAME,
    type: 'user',
    uuid: `typed-${at}`,
    timestamp: stamp(at),
    message: { role: 'user', content: text },
    ...more,
  }
}

/** The result of a tool call. */
export function toolResult(
  at: number,
  failed: boolean,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    ...FRAME,
    type: 'user',
    uuid: `result-${at}`,
    timestamp: stamp(at),
    message: {
      role: 'user',
      content: [{ tool_use_id: `toolu_${at}`, type: 'tool_result', content: 'output', is_error: failed }],
    },
    toolUseResult: { stdout: 'output', stderr: '', interrupted: false },
    ...more,
  }
}

/** A call of a tool, as a block of an answer. */
export function toolUse(name: string): Record<string, unknown> {
  return { type: 'tool_use', id: `toolu_${name}`, name, input: {} }
}
