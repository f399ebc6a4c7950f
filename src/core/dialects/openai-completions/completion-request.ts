/**
 * A legacy completion, with `suffix` the fill-in-the-middle call of an editor's autocomplete:
 * https://developers.openai.com/api/reference/completions. It is only ever asked here, never written: a provider that
 * offers it gets the client's own bytes, any other a chat request that asks for the same text.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, numberOf, objectOf, stringOf } from '../../chat/json-value.ts'
import { InvalidRequest } from '../request-scan.ts'

export interface CompletionRequest {
  /** The client's body, parsed. */
  readonly body: JsonObject
  readonly prefix: string
  /** '' where none was given: the text is only continued. */
  readonly suffix: string
  /** Where the answer ends; it is not part of it. */
  readonly stops: readonly string[]
  readonly maxTokens: number
  /** Fields no chat answer can satisfy; empty: a chat request will do. */
  readonly onlyLegacy: readonly string[]
}

/** @throws InvalidRequest */
export function readCompletion(body: unknown): CompletionRequest {
  if (!isObject(body)) throw new InvalidRequest('The body of the request is not a JSON object.')
  if (stringOf(body['model']) === null) throw new InvalidRequest("Missing required parameter: 'model'.", 'model')
  const prompt = onePrompt(body['prompt'])
  const { stop, suffix } = body
  if (suffix !== undefined && suffix !== null && typeof suffix !== 'string') {
    throw new InvalidRequest("Invalid type for 'suffix': expected a string.", 'suffix')
  }
  const limit = body['max_tokens']
  if (limit !== undefined && limit !== null && !(Number.isInteger(limit) && (limit as number) >= 0)) {
    throw new InvalidRequest("Invalid type for 'max_tokens': expected a whole number.", 'max_tokens')
  }
  const given = { prefix: prompt, suffix: suffix ?? '' }
  return {
    body,
    ...(given.suffix === '' ? (fromTemplate(prompt) ?? given) : given),
    stops: (Array.isArray(stop) ? stop : [stop]).filter((one): one is string => typeof one === 'string' && one !== ''),
    maxTokens: numberOf(limit) ?? DEFAULT_MAX_TOKENS,
    onlyLegacy: onlyLegacy(body),
  }
}

/** The API's own default. */
const DEFAULT_MAX_TOKENS = 16

const INSTRUCTION =
  'You complete code where <|cursor|> stands in the text of the user. Answer with exactly the characters that belong ' +
  'there: no explanation, no code fence, nothing that stands before or after it already.'

/** Fields that mean the same in a chat request. */
const SHARED = ['model', 'stream', 'temperature', 'top_p', 'user', 'seed', 'stream_options'] as const

/** The chat request that asks for the same text, without thinking: somebody waits at a cursor. */
export function chatBodyOf({ body, prefix, suffix, stops, maxTokens }: CompletionRequest): JsonObject {
  // Some providers refuse a stop sequence of white space alone; every one is heeded on the way back.
  const stop = stops.filter((one) => one.trim() !== '').slice(0, 4)
  return {
    ...Object.fromEntries(SHARED.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]]))),
    messages: [
      { role: 'system', content: INSTRUCTION },
      { role: 'user', content: `${prefix}<|cursor|>${suffix}` },
    ],
    max_tokens: Math.max(1, maxTokens),
    reasoning_effort: 'none',
    ...(stop.length > 0 ? { stop } : {}),
  }
}

/** Whether the client's stream ends with a chunk of usage. */
export function asksForUsage(body: JsonObject): boolean {
  return objectOf(body['stream_options'])['include_usage'] === true
}

function onePrompt(prompt: unknown): string {
  if (prompt === undefined || prompt === null)
    throw new InvalidRequest("Missing required parameter: 'prompt'.", 'prompt')
  const texts: unknown[] = Array.isArray(prompt) ? prompt : [prompt]
  const [text] = texts
  if (texts.length === 1 && typeof text === 'string') return text
  throw new InvalidRequest("Invalid 'prompt': expected one text. Lists and token numbers are not taken here.", 'prompt')
}

/** Some editors write the models' own marks into the prompt instead of sending a suffix. */
const TEMPLATES = [
  /^<\|fim_prefix\|>([^]*)<\|fim_suffix\|>([^]*)<\|fim_middle\|>$/,
  /^<fim_prefix>([^]*)<fim_suffix>([^]*)<fim_middle>$/,
  /^<PRE> ?([^]*) <SUF> ?([^]*) <MID>$/,
]

function fromTemplate(prompt: string): { readonly prefix: string; readonly suffix: string } | null {
  for (const template of TEMPLATES) {
    const [, prefix, suffix] = template.exec(prompt.trimEnd()) ?? []
    if (prefix !== undefined && suffix !== undefined) return { prefix, suffix }
  }
  return null
}

function onlyLegacy(body: JsonObject): string[] {
  const wanted: Readonly<Record<string, boolean>> = {
    n: (numberOf(body['n']) ?? 1) > 1,
    best_of: (numberOf(body['best_of']) ?? 1) > 1,
    logprobs: typeof body['logprobs'] === 'number',
    echo: body['echo'] === true,
  }
  return Object.keys(wanted).filter((name) => wanted[name])
}
