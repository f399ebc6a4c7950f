/**
 * Writes an answer of Chat Completions: the chunks and the whole completion.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { Step } from './deliver.ts'
import type { JsonObject } from './json.ts'
import type { OpenAiModel } from './openai-models.ts'
import { cacheDetails, type PromptBill } from './openai-usage.ts'
import { pieces, replyTokens, thinkingTokens, type Reply, type ReplyPart, type StopCause } from './reply.ts'

/** What a completion says besides its content. */
export interface ChatFrame {
  id: string
  model: string
  createdAtSeconds: number
  bill: PromptBill
  modelRow: OpenAiModel
  /** The stream carries usage in a last chunk (and `usage: null` in the others). */
  includeUsage: boolean
  /** Chunks carry padding that hides their length. */
  obfuscate: boolean
  pieceLength: number
  omitUsage: boolean
}

const FINISH: Record<StopCause, string> = {
  end: 'stop',
  tool: 'tool_calls',
  length: 'length',
  'stop-sequence': 'stop',
  refusal: 'stop',
  pause: 'stop',
  context: 'length',
  filter: 'content_filter',
}

const FINGERPRINT = 'fp_scripted00'

/** The whole completion of a non-streaming answer. */
export function chatBody(reply: Reply, frame: ChatFrame): JsonObject {
  const calls = reply.parts.filter((part) => part.kind === 'tool').map(toolCall)
  const text = textOf(reply)
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || reply.stop === 'refusal') ? null : text,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    refusal: refusalOf(reply),
    annotations: [],
  }
  return {
    ...envelope(frame, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[reply.stop] }],
    ...(frame.omitUsage ? {} : { usage: chatUsage(reply, frame) }),
  }
}

function textOf(reply: Reply): string {
  return reply.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

function refusalOf(reply: Reply): string | null {
  return reply.stop === 'refusal' ? (reply.stopDetails?.explanation ?? null) : null
}

function envelope(frame: ChatFrame, object: string): JsonObject {
  return {
    id: frame.id,
    object,
    created: frame.createdAtSeconds,
    model: frame.model,
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  }
}

function toolCall(part: ReplyPart & { kind: 'tool' }): JsonObject {
  if (part.custom) return { id: part.id, type: 'custom', custom: { name: part.name, input: part.input } }
  return { id: part.id, type: 'function', function: { name: part.name, arguments: part.input } }
}

/** Usage with every detail the API reports. */
function chatUsage(reply: Reply, frame: Pick<ChatFrame, 'bill' | 'modelRow'>): JsonObject {
  const output = replyTokens(reply)
  return {
    prompt_tokens: frame.bill.tokens,
    completion_tokens: output,
    total_tokens: frame.bill.tokens + output,
    prompt_tokens_details: { ...cacheDetails(frame.bill, frame.modelRow), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: thinkingTokens(reply),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** The chunks of a streaming answer with the tokens produced at each. */
export function chatSteps(reply: Reply, frame: ChatFrame): Step[] {
  const steps: Step[] = [chunk(frame, { role: 'assistant', content: '', refusal: null }, 0)]
  let done = 0
  let call = 0
  for (const part of reply.parts) {
    steps.push(...partSteps(part, { frame, before: done, call }))
    if (part.kind === 'tool') call += 1
    done += part.tokens
  }
  const refusal = refusalOf(reply)
  done += reply.refusalTokens
  if (refusal !== null) steps.push(chunk(frame, { refusal }, done))
  steps.push(chunk(frame, {}, done, FINISH[reply.stop]))
  if (frame.includeUsage) {
    const usage = { ...envelope(frame, 'chat.completion.chunk'), choices: [], usage: chatUsage(reply, frame) }
    steps.push({ text: line({ ...usage, ...padding(frame, done) }), tokens: done })
  }
  steps.push({ text: 'data: [DONE]\n\n', tokens: done })
  return steps
}

interface PartContext {
  frame: ChatFrame
  before: number
  call: number
}

function partSteps(part: ReplyPart, context: PartContext): Step[] {
  const { frame, before } = context
  const at = (share: number) => before + Math.round(part.tokens * share)
  switch (part.kind) {
    case 'thinking':
      return silentSteps(part.tokens, before)
    case 'text': {
      const texts = pieces(part.text, frame.pieceLength)
      return texts.map((content, index) => chunk(frame, { content }, at((index + 1) / texts.length)))
    }
    case 'tool':
      return toolSteps(part, context)
  }
}

/** Reasoning shows nothing, but takes its time and is billed as it goes. */
export function silentSteps(tokens: number, before: number): Step[] {
  const beats = Math.ceil(tokens / 250)
  return Array.from({ length: beats }, (_, beat) => ({
    text: null,
    tokens: before + Math.round((tokens * (beat + 1)) / beats),
  }))
}

function toolSteps(part: ReplyPart & { kind: 'tool' }, { frame, before, call }: PartContext): Step[] {
  const kind = part.custom ? 'custom' : 'function'
  const field = part.custom ? 'input' : 'arguments'
  const opening = { index: call, id: part.id, type: kind, [kind]: { name: part.name, [field]: '' } }
  const steps = [chunk(frame, { tool_calls: [opening] }, before)]
  const texts = pieces(part.input, frame.pieceLength)
  for (const [index, text] of texts.entries()) {
    const delta = { tool_calls: [{ index: call, [kind]: { [field]: text } }] }
    steps.push(chunk(frame, delta, before + Math.round((part.tokens * (index + 1)) / texts.length)))
  }
  return steps
}

function chunk(frame: ChatFrame, delta: JsonObject, tokens: number, finish: string | null = null): Step {
  const body = {
    ...envelope(frame, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(frame.includeUsage ? { usage: null } : {}),
    ...padding(frame, tokens),
  }
  return { text: line(body), tokens }
}

function padding(frame: ChatFrame, seed: number): JsonObject {
  return frame.obfuscate ? { obfuscation: 'aZ3kQ9xLmN0pR7s'.slice(0, 4 + (seed % 11)) } : {}
}

function line(body: JsonObject): string {
  return `data: ${JSON.stringify(body)}\n\n`
}
