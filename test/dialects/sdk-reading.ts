/** Official SDKs reading answers that were written for them, from a server on this machine. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll } from 'vitest'
import type { DialectName } from '../../src/core/dialects/dialect.ts'

/** What an SDK made of an answer. */
export interface SdkAnswer {
  readonly text: string
  /** Ids, names and inputs of the calls: parsed where the SDK parses them. */
  readonly calls: readonly (readonly [id: string, name: string, input: string])[]
  readonly finish: string
  readonly outputTokens: number | null
}

export interface SdkReader {
  read(dialect: DialectName, body: string, stream: boolean): Promise<SdkAnswer>
}

/** A reader for the tests of a file. */
export function sdkReader(): SdkReader {
  let next = { body: '', type: '' }
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': next.type })
    response.end(next.body)
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
  })
  return {
    async read(dialect, body, stream) {
      next = { body, type: stream ? 'text/event-stream; charset=utf-8' : 'application/json' }
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return READERS[dialect](base, stream)
    },
  }
}

const QUESTION = [{ role: 'user' as const, content: 'x' }]

const READERS: Readonly<Record<DialectName, (base: string, stream: boolean) => Promise<SdkAnswer>>> = {
  'anthropic-messages': async (base, stream) => {
    const client = new Anthropic({ apiKey: 'none', baseURL: base, maxRetries: 0 })
    const asked = { model: 'claude-opus-4-8', max_tokens: 64, messages: QUESTION }
    const message = stream ? await client.messages.stream(asked).finalMessage() : await client.messages.create(asked)
    return {
      text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      calls: message.content.flatMap((block) =>
        block.type === 'tool_use' ? [[block.id, block.name, JSON.stringify(block.input)] as const] : [],
      ),
      finish: String(message.stop_reason),
      outputTokens: message.usage.output_tokens,
    }
  },
  'openai-chat-completions': async (base, stream) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${base}/v1`, maxRetries: 0 })
    const asked = { model: 'gpt-5.5', messages: QUESTION }
    const completion = stream
      ? await client.chat.completions.stream(asked).finalChatCompletion()
      : await client.chat.completions.create(asked)
    const choice = completion.choices[0]
    const calls = choice?.message.tool_calls ?? []
    return {
      text: choice?.message.content ?? '',
      calls: calls.map((call) =>
        call.type === 'function'
          ? [call.id, call.function.name, call.function.arguments]
          : [call.id, call.custom.name, call.custom.input],
      ),
      finish: String(choice?.finish_reason),
      outputTokens: completion.usage?.completion_tokens ?? null,
    }
  },
  'openai-responses': async (base, stream) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${base}/v1`, maxRetries: 0 })
    const asked = { model: 'gpt-5.5', input: 'x' }
    const response = stream
      ? await client.responses.stream(asked).finalResponse()
      : await client.responses.create(asked)
    return {
      text: response.output_text,
      calls: response.output.flatMap((item) => {
        if (item.type === 'function_call') return [[item.call_id, item.name, item.arguments] as const]
        return item.type === 'custom_tool_call' ? [[item.call_id, item.name, item.input] as const] : []
      }),
      finish: String(response.incomplete_details?.reason ?? response.status),
      outputTokens: response.usage?.output_tokens ?? null,
    }
  },
}
