/**
 * Small agents made of the official SDKs: each asks, carries out the tools the model calls for, and asks again with the
 * results, until an answer calls none. They know nothing of a gateway.
 */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { DialectName } from '../../src/core/dialects/dialect.ts'

export interface AgentAnswer {
  readonly text: string
  readonly calls: readonly { readonly id: string; readonly name: string }[]
  /** Why it ended, in the dialect's words. */
  readonly finish: string
  /** All tokens the answer says it used. */
  readonly tokens: number
  readonly status: number
  readonly headers: Headers
}

export interface SdkAgent {
  /** Something a person types; it waits for the next `ask`. */
  type(text: string): void
  /** One model call with everything so far; its answer and the results of its tools join the history. */
  ask(): Promise<AgentAnswer>
  /** Requests made so far, retries included. */
  readonly requests: number
}

export interface AgentSettings {
  readonly url: string
  readonly key: string
  readonly stream: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** What a tool answers, by the number of the call in this conversation. */
  readonly result?: (call: number) => string
  /** Where requests go instead of the address the SDK was given. */
  readonly redirect?: (url: string) => string
  /** More fields of every request. */
  readonly extra?: object
}

/** Asks until an answer calls no tool. */
export async function runTurn(agent: SdkAgent, mostCalls = 200): Promise<AgentAnswer & { readonly asked: number }> {
  for (let asked = 1; asked <= mostCalls; asked += 1) {
    const answer = await agent.ask()
    if (answer.calls.length === 0) return { ...answer, asked }
  }
  throw new Error(`The agent was still calling tools after ${mostCalls} calls`)
}

export function sdkAgent(dialect: DialectName, settings: AgentSettings): SdkAgent {
  return AGENTS[dialect](settings)
}

/** `lookup` only looks; `write_file` edits. */
const PARAMETERS = { type: 'object', properties: { step: { type: 'integer' } }, required: ['step'] } as const
const TOOLS = ['lookup', 'write_file'] as const

/** Counts requests and keeps the last answer's status and headers, which SDKs do not show on streams. */
class Wire {
  requests = 0
  results = 0
  last = { status: 0, headers: new Headers() }
  readonly #result: (call: number) => string
  readonly #redirect: (url: string) => string

  constructor({ result, redirect }: AgentSettings) {
    this.#result = result ?? ((call) => `result ${call}`)
    this.#redirect = redirect ?? ((url) => url)
  }

  readonly fetch: typeof fetch = async (input, init) => {
    this.requests += 1
    const response = await fetch(this.#redirect(String(input)), init)
    this.last = { status: response.status, headers: response.headers }
    return response
  }

  result(): string {
    this.results += 1
    return this.#result(this.results)
  }
}

const AGENTS: Readonly<Record<DialectName, (settings: AgentSettings) => SdkAgent>> = {
  'anthropic-messages': messagesAgent,
  'openai-chat-completions': chatAgent,
  'openai-responses': responsesAgent,
}

function messagesAgent(settings: AgentSettings): SdkAgent {
  const wire = new Wire(settings)
  const client = new Anthropic({
    apiKey: settings.key,
    baseURL: settings.url,
    fetch: wire.fetch,
    defaultHeaders: settings.headers ?? {},
  })
  const messages: Anthropic.MessageParam[] = []
  const tools = TOOLS.map((name): Anthropic.Tool => ({ name, input_schema: PARAMETERS as never }))
  return {
    get requests() {
      return wire.requests
    },
    type: (text) => void messages.push({ role: 'user', content: text }),
    async ask() {
      const asked = { model: 'auto', max_tokens: 500, messages, tools, ...settings.extra }
      const message = settings.stream
        ? await client.messages.stream(asked).finalMessage()
        : await client.messages.create(asked)
      messages.push({ role: 'assistant', content: message.content })
      const calls = message.content.filter((block) => block.type === 'tool_use')
      const results = calls.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: wire.result() }))
      if (results.length > 0) messages.push({ role: 'user', content: results })
      return {
        ...wire.last,
        calls,
        text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        finish: String(message.stop_reason),
        tokens: message.usage.input_tokens + message.usage.output_tokens,
      }
    },
  }
}

function openAiClient(settings: AgentSettings, wire: Wire): OpenAI {
  const { key, url, headers = {} } = settings
  return new OpenAI({ apiKey: key, baseURL: `${url}/v1`, fetch: wire.fetch, defaultHeaders: headers })
}

function chatAgent(settings: AgentSettings): SdkAgent {
  const wire = new Wire(settings)
  const client = openAiClient(settings, wire)
  const messages: OpenAI.ChatCompletionMessageParam[] = []
  const tools = TOOLS.map((name): OpenAI.ChatCompletionTool => {
    return { type: 'function', function: { name, parameters: PARAMETERS as never } }
  })
  return {
    get requests() {
      return wire.requests
    },
    type: (text) => void messages.push({ role: 'user', content: text }),
    async ask() {
      const asked = { model: 'auto', messages, tools, ...settings.extra }
      const completion = settings.stream
        ? await client.chat.completions.stream(asked).finalChatCompletion()
        : await client.chat.completions.create(asked)
      const { message, finish_reason: finish } = completion.choices[0]!
      const calls = (message.tool_calls ?? []).flatMap((call) =>
        call.type === 'function' ? [{ id: call.id, name: call.function.name }] : [],
      )
      messages.push(message)
      for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: wire.result() })
      return { ...wire.last, calls, text: message.content ?? '', finish, tokens: completion.usage?.total_tokens ?? 0 }
    },
  }
}

function responsesAgent(settings: AgentSettings): SdkAgent {
  const wire = new Wire(settings)
  const client = openAiClient(settings, wire)
  const input: OpenAI.Responses.ResponseInputItem[] = []
  const tools = TOOLS.map((name): OpenAI.Responses.FunctionTool => {
    return { type: 'function', name, parameters: PARAMETERS as never, strict: false }
  })
  return {
    get requests() {
      return wire.requests
    },
    type: (text) => void input.push({ role: 'user', content: text }),
    async ask() {
      const asked = {
        model: 'auto',
        input,
        tools,
        store: false,
        include: ['reasoning.encrypted_content' as const],
        ...settings.extra,
      }
      const response = settings.stream
        ? await client.responses.stream(asked).finalResponse()
        : await client.responses.create(asked)
      const calls = response.output.flatMap((item) =>
        item.type === 'function_call' ? [{ id: item.call_id, name: item.name }] : [],
      )
      input.push(...(response.output as OpenAI.Responses.ResponseInputItem[]))
      for (const { id } of calls) input.push({ type: 'function_call_output', call_id: id, output: wire.result() })
      return {
        ...wire.last,
        calls,
        text: response.output_text,
        finish: String(response.status),
        tokens: response.usage?.total_tokens ?? 0,
      }
    },
  }
}
