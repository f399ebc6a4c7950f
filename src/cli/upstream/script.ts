/**
 * What a test may ask the scripted provider to do with a call: fail, stall, cut, or answer in a given way. Checked by
 * hand, since an unknown or mistyped wish that is ignored would make a test pass for nothing.
 */
import { isObject, type JsonObject } from './json.ts'

/** A tool call to answer with; `input` is an object, or the raw text of a custom tool. */
interface ScriptedCall {
  name: string
  input: JsonObject | string
}

/** The answer to give instead of the agent's own. */
export interface ScriptedReply {
  text?: string
  /** Thinking text (shown only where the request and the model show it). */
  thinking?: string
  /** Tokens billed as thinking; more than the text is worth makes the rest hidden. */
  thinkingTokens?: number
  toolCalls?: ScriptedCall[]
  /** Output tokens of the text; without a text, a filler of that many tokens. */
  outputTokens?: number
  stop?: 'end' | 'tool' | 'length' | 'refusal' | 'pause' | 'context' | 'filter'
  refusalCategory?: string
  refusalExplanation?: string
  /** Leaves usage out of the answer (it is billed all the same). */
  omitUsage?: boolean
  /** The `model` the answer names. */
  model?: string
  /** Characters in a streamed piece. */
  pieceLength?: number
}

/** One wish. All times in ms. */
export interface Script {
  status?: number
  errorType?: string
  errorMessage?: string
  errorCode?: string
  errorParam?: string
  errorDetails?: JsonObject
  retryAfter?: number | string
  shouldRetry?: boolean
  headers?: Record<string, string>
  /** A body to send as it is instead of an envelope. */
  rawBody?: string
  headersDelayMs?: number
  firstEventDelayMs?: number
  eventDelayMs?: number
  /** Closes the socket without a word, before the call is looked at: nothing is billed. */
  cutBeforeHeaders?: boolean
  /** Closes the socket after so many events or body bytes. */
  cutAfterEvents?: number
  cutAfterBytes?: number
  /** Sends the dialect's error event after so many events and ends. */
  errorAfterEvents?: number
  /** Says nothing more, with the socket open: before the headers, or after so many events. */
  hang?: 'headers' | number
  reply?: ScriptedReply
}

type Check = (value: unknown) => boolean
const isString: Check = (value) => typeof value === 'string'
const isBoolean: Check = (value) => typeof value === 'boolean'
const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value)

const REPLY: Record<string, Check> = {
  text: isString,
  thinking: isString,
  thinkingTokens: isCount,
  toolCalls: (value) => Array.isArray(value) && value.every(isScriptedCall),
  outputTokens: isCount,
  stop: oneOf('end', 'tool', 'length', 'refusal', 'pause', 'context', 'filter'),
  refusalCategory: isString,
  refusalExplanation: isString,
  omitUsage: isBoolean,
  model: isString,
  pieceLength: (value) => isCount(value) && value !== 0,
}

const SCRIPT: Record<string, Check> = {
  status: (value) => isCount(value) && Number(value) >= 200 && Number(value) <= 599,
  errorType: isString,
  errorMessage: isString,
  errorCode: isString,
  errorParam: isString,
  errorDetails: isObject,
  retryAfter: (value) => isString(value) || isCount(value),
  shouldRetry: isBoolean,
  headers: (value) => isObject(value) && Object.values(value).every(isString),
  rawBody: isString,
  headersDelayMs: isCount,
  firstEventDelayMs: isCount,
  eventDelayMs: isCount,
  cutBeforeHeaders: isBoolean,
  cutAfterEvents: isCount,
  cutAfterBytes: isCount,
  errorAfterEvents: isCount,
  hang: (value) => value === 'headers' || isCount(value),
  reply: (value) => isObject(value) && problemWith(value, REPLY) === null,
}

function isScriptedCall(value: unknown): boolean {
  return (
    isObject(value) &&
    isString(value.name) &&
    (isString(value.input) || isObject(value.input)) &&
    Object.keys(value).length === 2
  )
}

/** What is wrong with an object's members, or null: unknown names and wrong values, by name. */
export function problemWith(value: JsonObject, checks: Record<string, Check>): string | null {
  for (const [name, member] of Object.entries(value)) {
    const check = checks[name]
    if (check === undefined) return `unknown field "${name}"`
    if (!check(member)) return `bad value for "${name}": ${JSON.stringify(member)}`
  }
  return null
}

/** Reads a script, or says what is wrong with it. */
export function readScript(value: unknown): { script: Script } | { problem: string } {
  if (!isObject(value)) return { problem: 'a script is a JSON object' }
  const problem =
    isObject(value.reply) && problemWith(value.reply, REPLY) !== null
      ? `reply: ${problemWith(value.reply, REPLY)}`
      : problemWith(value, SCRIPT)
  return problem === null ? { script: value as Script } : { problem }
}

/** The script a text carries as `[[script: {...}]]` (the last one), or null. A broken one is a problem. */
export function directiveIn(text: string): { script: Script } | { problem: string } | null {
  const start = text.lastIndexOf('[[script:')
  if (start < 0) return null
  const end = text.indexOf(']]', start)
  if (end < 0) return { problem: 'a directive ends with ]]' }
  // A JSON array at the end of the object may bring its own ]] before the directive's.
  for (let stop = end; stop >= 0; stop = text.indexOf(']]', stop + 1)) {
    try {
      return readScript(JSON.parse(text.slice(start + '[[script:'.length, stop)))
    } catch {
      continue
    }
  }
  return { problem: 'the directive is no JSON' }
}
