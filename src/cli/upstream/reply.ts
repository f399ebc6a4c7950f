/**
 * What the scripted model says, before a dialect writes it: parts in order and why it stopped. Counts its own tokens
 * and cuts itself off at a limit or a stop sequence; knows no wire format.
 */
import { countTokens } from './token-count.ts'

/** One part of an answer. */
export type ReplyPart =
  | { kind: 'thinking'; text: string; tokens: number }
  | { kind: 'text'; text: string; tokens: number }
  | { kind: 'tool'; id: string; name: string; input: string; custom: boolean; tokens: number }

/** Why the model stopped, in words of no dialect. */
export type StopCause = 'end' | 'tool' | 'length' | 'stop-sequence' | 'refusal' | 'pause' | 'context' | 'filter'

/** A whole answer. */
export interface Reply {
  parts: ReplyPart[]
  stop: StopCause
  stopSequence: string | null
  /** Refusals: category and explanation. */
  stopDetails: { category: string | null; explanation: string | null } | null
  /** Tokens of the explanation, where it is part of the answer and not beside it. */
  refusalTokens: number
}

/** Tokens the answer costs as output, hidden thinking included. */
export function replyTokens(reply: Reply): number {
  return reply.parts.reduce((sum, part) => sum + part.tokens, reply.refusalTokens)
}

/** Tokens spent on thinking, shown or not. */
export function thinkingTokens(reply: Reply): number {
  return reply.parts.reduce((sum, part) => sum + (part.kind === 'thinking' ? part.tokens : 0), 0)
}

/** A text part with its token count. */
export function textPart(text: string, ratio: number): ReplyPart {
  return { kind: 'text', text, tokens: countTokens(text, ratio) }
}

/** The answer cut off where its tokens reach `maxTokens`. */
export function cutAtLength(reply: Reply, maxTokens: number): Reply {
  if (replyTokens(reply) <= maxTokens) return reply
  const parts: ReplyPart[] = []
  let left = maxTokens
  for (const part of reply.parts) {
    if (left <= 0) break
    parts.push(part.tokens <= left ? part : shorten(part, left))
    left -= part.tokens
  }
  return { ...reply, parts, stop: 'length', stopDetails: null, refusalTokens: 0 }
}

function shorten(part: ReplyPart, tokens: number): ReplyPart {
  const share = tokens / part.tokens
  if (part.kind === 'tool')
    return { ...part, input: part.input.slice(0, Math.floor(part.input.length * share)), tokens }
  return { ...part, text: part.text.slice(0, Math.floor(part.text.length * share)), tokens }
}

/** The answer ended before the first stop sequence its text contains. */
export function cutAtStopSequence(reply: Reply, sequences: readonly string[], ratio: number): Reply {
  for (const [index, part] of reply.parts.entries()) {
    if (part.kind !== 'text') continue
    const found = firstSequence(part.text, sequences)
    if (found === null) continue
    const parts = [...reply.parts.slice(0, index), textPart(part.text.slice(0, found.at), ratio)]
    return { ...reply, parts, stop: 'stop-sequence', stopSequence: found.sequence }
  }
  return reply
}

function firstSequence(text: string, sequences: readonly string[]): { at: number; sequence: string } | null {
  let first: { at: number; sequence: string } | null = null
  for (const sequence of sequences) {
    const at = sequence === '' ? -1 : text.indexOf(sequence)
    if (at >= 0 && (first === null || at < first.at)) first = { at, sequence }
  }
  return first
}

/** Pieces of about `size` characters, never splitting a surrogate pair; long texts in at most 200 pieces. */
export function pieces(text: string, size = 24): string[] {
  const step = Math.max(size, Math.ceil(text.length / 200))
  const result: string[] = []
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + step)
    const unit = text.charCodeAt(end - 1)
    if (end < text.length && unit >= 0xd800 && unit <= 0xdbff) end += 1
    result.push(text.slice(at, end))
    at = end
  }
  return result
}
