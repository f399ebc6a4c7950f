/**
 * What the OpenAI API refuses, by endpoint and by model. Throws the 400 (or the 404 of an unknown model) with the
 * API's words.
 * https://platform.openai.com/docs/api-reference/chat/create, https://platform.openai.com/docs/api-reference/responses
 */
import { arrayOf, isObject, numberOf, objectOf, stringOf, type JsonObject } from './json.ts'
import { findOpenAiModel, type OpenAiModel } from './openai-models.ts'
import { WireError, invalidParameter } from './wire-error.ts'

/** The model a request names; refuses a missing or unknown one. */
export function requireOpenAiModel(body: JsonObject): OpenAiModel {
  const name = body.model
  if (typeof name !== 'string' || name === '') throw invalidParameter('you must provide a model parameter')
  const model = findOpenAiModel(name)
  if (model === null) {
    throw new WireError({
      status: 404,
      type: 'invalid_request_error',
      message: `The model \`${name}\` does not exist or you do not have access to it.`,
      code: 'model_not_found',
    })
  }
  return model
}

/** The per-model and pairing rules of Chat Completions. */
export function checkChat(body: JsonObject, model: OpenAiModel): void {
  if (!Array.isArray(body.messages)) throw missing('messages')
  if (body.messages.length === 0) {
    throw invalidParameter(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    )
  }
  checkSampling(body, model)
  if (model.reasoning && body.max_tokens !== undefined && body.max_tokens !== null) {
    throw unsupported('max_tokens', " Use 'max_completion_tokens' instead.")
  }
  if (body.stop !== undefined && body.stop !== null && model.reasoning) throw unsupported('stop')
  checkEffort(body.reasoning_effort, 'reasoning_effort', model)
  checkLimit(body.max_tokens ?? body.max_completion_tokens, model, 'max_tokens')
  if (body.stream_options !== undefined && body.stream_options !== null && body.stream !== true) {
    throw invalidParameter("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  checkTools(body, 'function')
  checkChatMessages(body.messages.map(objectOf))
}

function missing(param: string): WireError {
  return invalidParameter(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
}

function unsupported(param: string, advice = ''): WireError {
  return invalidParameter(
    `Unsupported parameter: '${param}' is not supported with this model.${advice}`,
    param,
    'unsupported_parameter',
  )
}

function checkSampling(body: JsonObject, model: OpenAiModel): void {
  const asked = body.reasoning_effort ?? objectOf(body.reasoning).effort
  const silent = asked === 'none' || (asked === undefined && model.efforts[0] === 'none')
  if (!model.reasoning || silent) return
  for (const param of ['temperature', 'top_p']) {
    const value = body[param]
    if (value === undefined || value === null || value === 1) continue
    throw unsupported(param)
  }
  for (const param of ['presence_penalty', 'frequency_penalty']) {
    if (body[param] !== undefined && body[param] !== null && body[param] !== 0) throw unsupported(param)
  }
  if (body.logprobs === true || isObject(body.logit_bias)) {
    throw unsupported(body.logprobs === true ? 'logprobs' : 'logit_bias')
  }
}

function checkEffort(asked: unknown, param: string, model: OpenAiModel): void {
  if (asked === undefined || asked === null) return
  if (!model.reasoning) throw unsupported(param)
  if (typeof asked === 'string' && model.efforts.includes(asked)) return
  throw invalidParameter(
    `Unsupported value: '${param}' does not support '${String(asked)}' with this model. Supported values are: ` +
      `${model.efforts.map((effort) => `'${effort}'`).join(', ')}.`,
    param,
    'unsupported_value',
  )
}

function checkLimit(value: unknown, model: OpenAiModel, param: string): void {
  const asked = numberOf(value)
  if (asked === null || asked <= model.maxOutputTokens) return
  throw invalidParameter(
    `${param} is too large: ${asked}. This model supports at most ${model.maxOutputTokens} completion tokens, whereas ` +
      `you provided ${asked}.`,
    param,
    'invalid_value',
  )
}

function checkTools(body: JsonObject, nested: 'function' | null): void {
  for (const [index, tool] of arrayOf(body.tools).entries()) {
    const type = objectOf(tool).type
    if (typeof type !== 'string') throw missing(`tools[${index}].type`)
    const named = nested === null ? objectOf(tool) : objectOf(objectOf(tool)[type])
    if ((type === 'function' || type === 'custom') && typeof named.name !== 'string') {
      throw missing(nested === null ? `tools[${index}].name` : `tools[${index}].${type}.name`)
    }
  }
  const given = body.tool_choice !== undefined && body.tool_choice !== null && body.tool_choice !== 'none'
  if (given && nested !== null && arrayOf(body.tools).length === 0) {
    throw invalidParameter(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      'tool_choice',
    )
  }
}

const CHAT_ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

function checkChatMessages(messages: JsonObject[]): void {
  let open: string[] = []
  for (const [index, message] of messages.entries()) {
    const role = stringOf(message.role)
    if (!CHAT_ROLES.has(role)) {
      throw invalidParameter(
        `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
        `messages[${index}].role`,
        'invalid_value',
      )
    }
    if (role !== 'tool') {
      refuseOpenCalls(open, index)
      open = arrayOf(message.tool_calls).map((call) => stringOf(objectOf(call).id))
      checkChatContent(message, index)
      continue
    }
    const id = stringOf(message.tool_call_id)
    if (!open.includes(id)) {
      throw invalidParameter(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
      )
    }
    open = open.filter((other) => other !== id)
  }
  refuseOpenCalls(open, messages.length)
}

function checkChatContent(message: JsonObject, index: number): void {
  const empty = message.content === undefined || message.content === null
  const calls = arrayOf(message.tool_calls).length > 0 || isObject(message.function_call)
  if (!empty || calls || typeof message.refusal === 'string') return
  throw invalidParameter(`Invalid value for 'content': expected a string, got null.`, `messages.[${index}].content`)
}

function refuseOpenCalls(open: string[], index: number): void {
  if (open.length === 0) return
  throw invalidParameter(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The " +
      `following tool_call_ids did not have response messages: ${open.join(', ')}`,
    `messages.[${index}].role`,
  )
}

/** The per-model and pairing rules of Responses; `items` is the whole input, earlier answers included. */
export function checkResponses(body: JsonObject, model: OpenAiModel, items: readonly JsonObject[]): void {
  if (body.input === undefined && body.prompt === undefined && body.previous_response_id === undefined)
    throw missing('input')
  checkSampling(body, model)
  checkEffort(objectOf(body.reasoning).effort, 'reasoning.effort', model)
  checkLimit(body.max_output_tokens, model, 'max_output_tokens')
  const limit = numberOf(body.max_output_tokens)
  if (limit !== null && limit < 16) {
    throw invalidParameter(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`,
      'max_output_tokens',
      'integer_below_min_value',
    )
  }
  for (const param of ['max_tokens', 'max_completion_tokens', 'messages']) {
    if (body[param] !== undefined) throw invalidParameter(`Unknown parameter: '${param}'.`, param, 'unknown_parameter')
  }
  if (body.previous_response_id !== undefined && body.previous_response_id !== null && isObject(body.conversation)) {
    throw invalidParameter("Mutually exclusive parameters: 'previous_response_id' and 'conversation'.", 'conversation')
  }
  checkTools(body, null)
  checkItemPairs(items)
}

const CALLS: Record<string, string> = {
  function_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
}

function checkItemPairs(items: readonly JsonObject[]): void {
  for (const [call, output] of Object.entries(CALLS)) {
    const words = call === 'function_call' ? 'function call' : 'custom tool call'
    const calls = items.filter((item) => item.type === call).map((item) => stringOf(item.call_id))
    const outputs = items.filter((item) => item.type === output).map((item) => stringOf(item.call_id))
    const open = calls.find((id) => !outputs.includes(id))
    if (open !== undefined) throw invalidParameter(`No tool output found for ${words} ${open}.`, 'input')
    const stray = outputs.find((id) => !calls.includes(id))
    if (stray !== undefined) {
      throw invalidParameter(`No tool call found for ${words} output with call_id ${stray}.`, 'input')
    }
  }
}

/** Refuses a prompt longer than the model's window, in the words of the endpoint. */
export function checkWindow(tokens: number, model: OpenAiModel, endpoint: 'chat' | 'responses'): void {
  if (tokens <= model.contextTokens) return
  if (endpoint === 'responses') {
    throw invalidParameter(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      'input',
      'context_length_exceeded',
    )
  }
  throw invalidParameter(
    `This model's maximum context length is ${model.contextTokens} tokens. However, your messages resulted in ` +
      `${tokens} tokens. Please reduce the length of the messages.`,
    'messages',
    'context_length_exceeded',
  )
}
