/**
 * Tools, calls and choices in the form every dialect takes: names flat and short enough, freeform tools as functions
 * with one property where the other dialect has none. The answer's calls come back under the names the client gave.
 */
import type { ChatMessage, ToolCallPart, ToolName } from './chat-message.ts'
import type { ChatRequest, FreeformTool, FunctionTool, Tool, ToolChoice } from './chat-request.ts'
import type { ChatResponse } from './chat-response.ts'
import { shortHash } from './short-hash.ts'
import { unwrappedFreeform, wrappedFreeform } from './tool-input.ts'

const LONGEST_NAME = 64

/** The name a provider sees. A function of the name alone, so that every call of a thread gives the same. */
function flatToolName({ name, namespace }: ToolName): string {
  const joined = namespace === null ? name : `${namespace}__${name}`
  const legal = joined.replaceAll(/[^a-zA-Z0-9_-]/g, '_')
  if (legal === joined && legal.length <= LONGEST_NAME) return legal
  const hash = shortHash(joined)
  return `${legal.slice(0, LONGEST_NAME - hash.length - 1)}_${hash}`
}

/** A tool as the client offered it. */
export interface OfferedTool extends ToolName {
  readonly freeform: boolean
}

/** The client's tools by the name the provider sees. */
export type OfferedTools = ReadonlyMap<string, OfferedTool>

export function offeredTools(tools: readonly Tool[]): OfferedTools {
  const offered = new Map<string, OfferedTool>()
  for (const tool of tools) {
    if (tool.kind === 'own') continue
    const { name, namespace } = tool
    offered.set(flatToolName(tool), { name, namespace, freeform: tool.kind === 'freeform' })
  }
  return offered
}

/** The request with portable tools. `freeform`: the other dialect has freeform tools too. */
export function withPortableTools(request: ChatRequest, { freeform }: { readonly freeform: boolean }): ChatRequest {
  const flat = <Named extends ToolName>(named: Named): Named => ({
    ...named,
    name: flatToolName(named),
    namespace: null,
  })
  const tools = request.tools.map((tool): Tool => {
    if (tool.kind === 'own') return tool
    return tool.kind === 'freeform' && !freeform ? functionFor(flat(tool)) : flat(tool)
  })
  const choice = request.toolChoice
  const toolChoice: ToolChoice | null =
    choice?.kind === 'named' ? { ...flat(choice), freeform: choice.freeform && freeform } : choice
  const messages = request.messages.map((message) =>
    withPortableCalls(message, (call) => {
      if (!call.freeform || freeform) return flat(call)
      return { ...flat(call), freeform: false, input: wrappedFreeform(call.input) }
    }),
  )
  return { ...request, tools, toolChoice, messages }
}

function withPortableCalls(message: ChatMessage, change: (call: ToolCallPart) => ToolCallPart): ChatMessage {
  if (message.role !== 'assistant') return message
  return { ...message, parts: message.parts.map((part) => (part.type === 'tool-call' ? change(part) : part)) }
}

/** The function that stands for a freeform tool. Its one property holds the text; the grammar is told in words. */
function functionFor(tool: FreeformTool): FunctionTool {
  const described =
    tool.grammar === null
      ? 'The whole input of the tool, as plain text.'
      : `The whole input of the tool, as plain text that follows this ${tool.grammar.syntax} grammar:\n${tool.grammar.definition}`
  return {
    kind: 'function',
    name: tool.name,
    namespace: tool.namespace,
    description: tool.description,
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: described } },
      required: ['input'],
      additionalProperties: false,
    },
    strict: null,
    deferred: false,
  }
}

/** The answer with its calls as the client offered the tools. */
export function withClientCalls(response: ChatResponse, offered: OfferedTools): ChatResponse {
  const parts = response.parts.map((part) => (part.type === 'tool-call' ? clientCall(part, offered) : part))
  return { ...response, parts }
}

function clientCall(call: ToolCallPart, offered: OfferedTools): ToolCallPart {
  const tool = offered.get(call.name)
  if (tool === undefined || call.namespace !== null) return call
  const unwraps = tool.freeform && !call.freeform
  return { ...call, ...tool, input: unwraps ? unwrappedFreeform(call.input) : call.input }
}
