/**
 * Calls of every kind that money is spent on: three APIs, streamed and whole, answers that show what they produce and
 * answers that think unseen. What the scripted provider is to say stands in each prompt.
 */
import { costOf } from './list-prices.ts'

export interface MoneyCall {
  readonly name: string
  readonly path: string
  readonly body: object
  readonly model: string
  readonly hidden: boolean
  readonly maxTokens: number
  /** Tokens the provider would produce if nothing stopped it. */
  readonly outputTokens: number
}

export interface Wish {
  readonly outputTokens: number
  /** Thought about unseen, where the kind does. */
  readonly thinkingTokens: number
  readonly eventDelayMs: number
  readonly headersDelayMs?: number
  /** Words that only make the prompt longer. */
  readonly padding?: number
  readonly maxTokens?: number
}

interface Kind {
  readonly path: string
  readonly model: string
  readonly hidden: boolean
  body(prompt: string, maxTokens: number): object
}

const user = (content: string) => [{ role: 'user', content }]
const shown: Pick<Kind, 'path' | 'model' | 'hidden'> = {
  path: '/v1/messages',
  model: 'claude-sonnet-4-6',
  hidden: false,
}
const unseen: Pick<Kind, 'path' | 'model' | 'hidden'> = {
  path: '/v1/messages',
  model: 'claude-sonnet-5-5',
  hidden: true,
}
const responses: Pick<Kind, 'path' | 'model' | 'hidden'> = {
  path: '/v1/responses',
  model: 'gpt-6.1-terra',
  hidden: true,
}
const thinking = { type: 'adaptive', display: 'omitted' }

export const KINDS: readonly Kind[] = [
  { ...shown, body: (prompt, max_tokens) => ({ max_tokens, messages: user(prompt), stream: true }) },
  { ...shown, body: (prompt, max_tokens) => ({ max_tokens, messages: user(prompt) }) },
  { ...unseen, body: (prompt, max_tokens) => ({ max_tokens, messages: user(prompt), thinking, stream: true }) },
  { ...unseen, body: (prompt, max_tokens) => ({ max_tokens, messages: user(prompt), thinking }) },
  {
    path: '/v1/chat/completions',
    model: 'gpt-6.1-terra',
    hidden: false,
    body: (prompt, limit) => ({
      max_completion_tokens: limit,
      messages: user(prompt),
      reasoning_effort: 'none',
      stream: true,
    }),
  },
  {
    ...responses,
    body: (prompt, limit) => ({
      max_output_tokens: limit,
      input: user(prompt),
      reasoning: { effort: 'high' },
      store: false,
      stream: true,
    }),
  },
  {
    ...responses,
    body: (prompt, limit) => ({
      max_output_tokens: limit,
      input: user(prompt),
      reasoning: { effort: 'high' },
      store: false,
    }),
  },
]

/** The call of a number: its kind goes round. */
export function moneyCall(number: number, wish: Wish, kind: Kind = KINDS[number % KINDS.length]!): MoneyCall {
  const { outputTokens, thinkingTokens, eventDelayMs, headersDelayMs } = wish
  const script = {
    eventDelayMs,
    ...(headersDelayMs === undefined ? {} : { headersDelayMs }),
    reply: { outputTokens, thinkingTokens: kind.hidden ? thinkingTokens : 0 },
  }
  const name = `call ${number}`
  const padding = Array.from({ length: wish.padding ?? 0 }, (_, word) => `word${(word * 7919 + number) % 9973}`).join(
    ' ',
  )
  const prompt = `Fix the failing test in file${number}.ts (${name}). ${padding} [[script: ${JSON.stringify(script)}]]`
  const maxTokens = wish.maxTokens ?? 4_000
  return {
    name,
    path: kind.path,
    body: { model: kind.model, ...kind.body(prompt, maxTokens) },
    model: kind.model,
    hidden: kind.hidden,
    maxTokens,
    outputTokens: outputTokens + (kind.hidden ? thinkingTokens : 0),
  }
}

/** Sends a call, in a session of its own. */
export function sendCall(url: string, key: string, call: MoneyCall, signal?: AbortSignal): Promise<Response> {
  return fetch(url + call.path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'x-claude-code-session-id': crypto.randomUUID(),
    },
    body: JSON.stringify(call.body),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Nano-dollars of so many output tokens at list price. */
export function outputNano(model: string, tokens: number): number {
  return costOf({
    model,
    output_tokens: tokens,
    input_tokens: 0,
    cache_read_tokens: 0,
    cache_write_short_tokens: 0,
    cache_write_long_tokens: 0,
  })
}

export interface Billed {
  readonly model: string
  readonly tokens: Readonly<Record<'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite30m', number>>
}

/** What the provider billed, nano-dollars at list price. */
export function billedNano({ model, tokens }: Billed): number {
  return costOf({
    model,
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    cache_read_tokens: tokens.cacheRead,
    cache_write_short_tokens: tokens.cacheWrite5m + tokens.cacheWrite30m,
    cache_write_long_tokens: 0,
  })
}
