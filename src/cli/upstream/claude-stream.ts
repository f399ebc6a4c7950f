/**
 * Writes an answer of the Messages API: the stream's events and the whole message.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { Step } from './deliver.ts'
import type { JsonObject } from './json.ts'
import { pieces, replyTokens, thinkingTokens, type Reply, type ReplyPart, type StopCause } from './reply.ts'
import type { CacheOutcome } from './prompt-cache.ts'

/** What the message says besides its content. */
export interface MessageFrame {
  id: string
  model: string
  cache: CacheOutcome
  /** Thinking text is shown; else only its signature. */
  showThinking: boolean
  /** Hidden thinking reports its estimated tokens as it goes (beta). */
  countThinking: boolean
  signatures: string[]
  pieceLength: number
  omitUsage: boolean
  /** Members only some answers have (`context_management`, `input_transformations`). */
  extra: JsonObject
}

const STOP_REASONS: Record<StopCause, string> = {
  end: 'end_turn',
  tool: 'tool_use',
  length: 'max_tokens',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
  pause: 'pause_turn',
  context: 'model_context_window_exceeded',
  filter: 'refusal',
}

/** Hidden thinking shows a sign of life for every so many tokens. */
const TOKENS_A_PING = 250

/** The whole message of a non-streaming answer. */
export function messageBody(reply: Reply, frame: MessageFrame): JsonObject {
  let signed = 0
  const content = reply.parts.map((part) => {
    if (part.kind !== 'thinking') return contentBlock(part)
    signed += 1
    return {
      type: 'thinking',
      thinking: frame.showThinking ? part.text : '',
      signature: frame.signatures[signed - 1] ?? '',
    }
  })
  return {
    ...envelope(frame),
    content,
    ...stopFields(reply),
    ...usageMember(frame, usageOf(reply, frame)),
    ...frame.extra,
  }
}

function envelope(frame: MessageFrame): JsonObject {
  return { id: frame.id, type: 'message', role: 'assistant', model: frame.model, container: null, diagnostics: null }
}

function usageMember(frame: MessageFrame, usage: JsonObject): JsonObject {
  return frame.omitUsage ? {} : { usage }
}

function stopFields(reply: Reply): JsonObject {
  const details = reply.stopDetails
  return {
    stop_reason: STOP_REASONS[reply.stop],
    stop_sequence: reply.stopSequence,
    stop_details: details === null ? null : { type: 'refusal', ...details },
  }
}

function promptUsage(cache: CacheOutcome): JsonObject {
  return {
    input_tokens: cache.inputTokens,
    cache_creation_input_tokens: cache.write5mTokens + cache.write1hTokens,
    cache_read_input_tokens: cache.readTokens,
  }
}

function fullUsage(cache: CacheOutcome, outputTokens: number): JsonObject {
  return {
    ...promptUsage(cache),
    cache_creation: {
      ephemeral_5m_input_tokens: cache.write5mTokens,
      ephemeral_1h_input_tokens: cache.write1hTokens,
    },
    output_tokens: outputTokens,
    service_tier: 'standard',
    inference_geo: 'not_available',
  }
}

function outputDetails(reply: Reply): JsonObject {
  const tokens = thinkingTokens(reply)
  return tokens === 0 ? {} : { output_tokens_details: { thinking_tokens: tokens } }
}

function usageOf(reply: Reply, frame: MessageFrame): JsonObject {
  return { ...fullUsage(frame.cache, replyTokens(reply)), ...outputDetails(reply) }
}

function contentBlock(part: ReplyPart): JsonObject {
  if (part.kind === 'tool') return { type: 'tool_use', id: part.id, name: part.name, input: parsed(part.input) }
  return { type: 'text', text: part.text, citations: null }
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return {}
  }
}

/** The events of a streaming answer with the tokens produced at each. */
export function messageSteps(reply: Reply, frame: MessageFrame): Step[] {
  const total = replyTokens(reply)
  const first = Math.min(1, total)
  const message = { ...envelope(frame), content: [], stop_reason: null, stop_sequence: null, stop_details: null }
  const steps: Step[] = [
    step(
      'message_start',
      { message: { ...message, ...usageMember(frame, fullUsage(frame.cache, first)), ...frame.extra } },
      0,
    ),
  ]
  let done = 0
  let signed = 0
  for (const [index, part] of reply.parts.entries()) {
    if (part.kind === 'thinking') signed += 1
    steps.push(...partSteps(part, { index, before: done, frame, signature: frame.signatures[signed - 1] ?? '' }))
    if (index === 0) steps.splice(2, 0, step('ping', {}, 0))
    done += part.tokens
  }
  const usage = { ...promptUsage(frame.cache), output_tokens: total, ...outputDetails(reply) }
  steps.push(step('message_delta', { delta: stopFields(reply), ...usageMember(frame, usage) }, total))
  steps.push(step('message_stop', {}, total))
  return steps
}

interface PartContext {
  index: number
  before: number
  frame: MessageFrame
  signature: string
}

function partSteps(part: ReplyPart, context: PartContext): Step[] {
  const { index, before } = context
  const start = step('content_block_start', { index, content_block: openingBlock(part) }, before)
  const stop = step('content_block_stop', { index }, before + part.tokens)
  return [start, ...deltaSteps(part, context), stop]
}

function openingBlock(part: ReplyPart): JsonObject {
  switch (part.kind) {
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool':
      return { type: 'tool_use', id: part.id, name: part.name, input: {} }
    case 'text':
      return { type: 'text', text: '' }
  }
}

function deltaSteps(part: ReplyPart, context: PartContext): Step[] {
  const { index, frame } = context
  if (part.kind === 'thinking') return thinkingSteps(part, context)
  const tool = part.kind === 'tool'
  const texts = tool ? ['', ...pieces(part.input, frame.pieceLength)] : pieces(part.text, frame.pieceLength)
  return texts.map((text, at) => {
    const delta = tool ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text }
    return step('content_block_delta', { index, delta }, progress(context, part, (at + 1) / texts.length))
  })
}

function thinkingSteps(part: ReplyPart & { kind: 'thinking' }, context: PartContext): Step[] {
  const { index, frame, signature } = context
  const delta = (content: JsonObject, share: number) =>
    step('content_block_delta', { index, delta: content }, progress(context, part, share))
  const shown = frame.showThinking ? pieces(part.text, frame.pieceLength) : []
  const steps: Step[] = shown.map((thinking, at) =>
    delta({ type: 'thinking_delta', thinking, ...estimate(frame, part, shown.length) }, (at + 1) / shown.length),
  )
  const beats = frame.showThinking ? 0 : Math.ceil(part.tokens / TOKENS_A_PING)
  for (let beat = 1; beat <= beats; beat += 1) {
    const share = beat / beats
    steps.push(
      frame.countThinking
        ? delta({ type: 'thinking_delta', thinking: '', ...estimate(frame, part, beats) }, share)
        : step('ping', {}, progress(context, part, share)),
    )
  }
  return [...steps, delta({ type: 'signature_delta', signature }, 1)]
}

function estimate(frame: MessageFrame, part: ReplyPart, count: number): JsonObject {
  return frame.countThinking ? { estimated_tokens: Math.ceil(part.tokens / count) } : {}
}

function progress(context: PartContext, part: ReplyPart, share: number): number {
  return context.before + Math.round(part.tokens * share)
}

function step(type: string, fields: JsonObject, tokens: number): Step {
  return { text: sseEvent(type, { type, ...fields }), tokens }
}

/** One server-sent event with its name. */
export function sseEvent(event: string, data: JsonObject): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
