/** What a conversation or an answer means, whatever dialect said it: for comparing before and after. */
import { legalCallId } from '../../src/core/chat/call-ids.ts'
import type { AnswerPart, ContentPart } from '../../src/core/chat/chat-message.ts'
import type { ChatRequest } from '../../src/core/chat/chat-request.ts'
import type { ChatResponse } from '../../src/core/chat/chat-response.ts'
import { withPortableTools } from '../../src/core/chat/portable-tools.ts'
import { effortOf } from '../../src/core/chat/reasoning-asked.ts'
import { promptTokens } from '../../src/core/chat/usage.ts'

type Part = ContentPart | AnswerPart

/** Dialects join and cut texts differently, and wrap some of them. */
function words(text: string): string {
  return text.replaceAll(/From the result of the tool call [^:]*:/g, '').replaceAll(/\s+/g, '')
}

function media(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    return part.type === 'image' || part.type === 'document' ? [`${part.type} ${JSON.stringify(part.source)}`] : []
  })
}

function textOf(parts: readonly Part[]): string {
  return words(
    parts
      .map((part) => (part.type === 'text' || part.type === 'refusal' ? part.text.replace(REMINDER, '$1') : ''))
      .join(''),
  )
}

/** Instructions a dialect has no place for are told as a user's reminder. */
const REMINDER = /^<system-reminder>\n([\s\S]*)\n<\/system-reminder>$/

function isReminder(part: Part): boolean {
  return part.type === 'text' && REMINDER.test(part.text)
}

interface Meaning {
  readonly instructions: string
  readonly userSaid: string
  readonly assistantSaid: string
  readonly shown: readonly string[]
  readonly calls: readonly unknown[]
  readonly results: readonly unknown[]
  readonly settings: Readonly<Record<string, unknown>>
}

/** A call and its result are known by the order of the calls, since ids may change. */
export function meaningOf(original: ChatRequest): Meaning {
  const request = withPortableTools(original, { freeform: false })
  const said = (role: string): Part[] =>
    request.messages.flatMap((message): readonly Part[] =>
      message.role === role && message.role !== 'tool' ? message.parts : [],
    )
  const reminders = said('user').filter(isReminder)
  const calls: unknown[] = []
  const results: unknown[] = []
  const shown: string[] = []
  let current = new Map<string, number>()
  for (const message of request.messages) {
    if (message.role === 'tool') {
      for (const result of message.results) {
        results.push([current.get(result.callId) ?? 'of no call', textOf(result.content)])
        shown.push(...media(result.content))
      }
      continue
    }
    shown.push(...media(message.parts))
    for (const part of message.parts) {
      if (part.type !== 'tool-call') continue
      current = new Map([...current, [part.id, calls.length]])
      calls.push([part.name, JSON.parse(part.input)])
    }
  }
  return {
    instructions: textOf([...said('instructions'), ...reminders]),
    userSaid: textOf(said('user').filter((part) => !isReminder(part))),
    assistantSaid: textOf(said('assistant')),
    shown,
    calls,
    results,
    settings: settingsOf(request),
  }
}

function settingsOf(request: ChatRequest): Meaning['settings'] {
  const format = request.outputFormat
  return {
    stream: request.stream,
    tools: request.tools.map((tool) =>
      tool.kind === 'function' ? [tool.name, tool.description, tool.parameters?.['properties'] ?? {}] : tool.kind,
    ),
    toolChoice: request.toolChoice?.kind ?? 'auto',
    parallelToolCalls: request.toolChoice?.kind === 'none' ? null : request.parallelToolCalls,
    temperature: request.sampling.temperature,
    schema: format?.kind === 'json-schema' ? format.schema : null,
    effort: effortOf(request.reasoning),
    endUser: request.endUser,
    standardServiceOnly: request.standardServiceOnly,
  }
}

/** What an answer means to the client's next step. */
export function meaningOfAnswer(response: ChatResponse): Readonly<Record<string, unknown>> {
  const { usage } = response
  const calls = response.parts.flatMap((part) =>
    part.type === 'tool-call'
      ? [[legalCallId(part.id), part.name, part.namespace, part.freeform ? part.input : JSON.parse(part.input)]]
      : [],
  )
  return {
    text: textOf(response.parts),
    calls,
    finish: response.finish.reason,
    usage:
      usage === null
        ? null
        : {
            prompt: promptTokens(usage),
            read: usage.cacheReadTokens,
            written: usage.cacheWriteShortTokens + usage.cacheWriteLongTokens,
            output: usage.outputTokens,
            reasoning: usage.reasoningTokens,
          },
  }
}
