import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import { scanChatCompletions } from '../../../src/core/dialects/openai-chat-completions/scan.ts'
import { scanResponses } from '../../../src/core/dialects/openai-responses/scan.ts'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import type { AgentReading, RequestHeaders } from '../../../src/core/agents/agent-reading.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import { bodyOf } from '../dialects/body-of.ts'

type Fields = Readonly<Record<string, unknown>>

const encode = (fields: Fields): ReturnType<typeof bodyOf> => bodyOf(JSON.stringify({ model: 'm', ...fields }))

/** Scans of requests in each dialect, from the fields that matter. */
export const messages = (fields: Fields): RequestScan => scanAnthropicMessages(encode(fields))
export const chat = (fields: Fields): RequestScan => scanChatCompletions(encode(fields))
export const responses = (fields: Fields): RequestScan => scanResponses(encode(fields))

/** What the agents' adapters read off a request of Claude Code. */
export function readClaude(fields: Fields, headers: RequestHeaders = {}): AgentReading {
  const system = [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.eae; cc_entrypoint=cli;' }]
  const own = { 'x-claude-code-session-id': 'session-1', ...headers }
  return readAgent(own, messages({ system, tools: [{ name: 'Read' }], ...fields }))
}

export const user = (...texts: readonly string[]): Fields => ({
  role: 'user',
  content: texts.map((text) => ({ type: 'text', text })),
})

export const call = (name: string, input: unknown = {}, id = 't1'): Fields => ({
  role: 'assistant',
  content: [{ type: 'tool_use', id, name, input }],
})

export const result = (content: string, isError = false, id = 't1'): Fields => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...(isError ? { is_error: true } : {}),
})
