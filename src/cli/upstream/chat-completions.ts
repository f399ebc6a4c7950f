/** `POST /v1/chat/completions`: checks, cache, answer. https://platform.openai.com/docs/api-reference/chat */
import type { AgentView } from './agent-script.ts'
import { chatBody, chatSteps, type ChatFrame } from './chat-stream.ts'
import { composeReply } from './compose-reply.ts'
import type { Answer } from './deliver.ts'
import { answerWith, scriptedFields, standardHeaders, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf, type JsonObject } from './json.ts'
import type { OpenAiModel } from './openai-models.ts'
import { checkChat, checkWindow, requireOpenAiModel } from './openai-rules.ts'
import { OPENAI_RATIO, billPrompt, pieceOf, reasoningTokens, type PromptBill } from './openai-usage.ts'
import { cutAtLength, cutAtStopSequence, thinkingTokens, type Reply } from './reply.ts'
import type { ScriptedReply } from './script.ts'
import type { UpstreamState } from './state.ts'
import { typedText } from './typed-text.ts'
import { errorBody } from './wire-error.ts'

/** A call that came alone or in a batch. */
interface ChatCall {
  state: UpstreamState
  body: JsonObject
  account: string
}

/** A request that passed every check, with its answer. */
interface ChatOutcome {
  model: OpenAiModel
  bill: PromptBill
  reply: Reply
  frame: ChatFrame
}

/** Answers `POST /v1/chat/completions`. */
export async function handleChat(exchange: Exchange): Promise<void> {
  const { model, bill, reply, frame } = produceChat(exchange, exchange.script.reply)
  const answer: Answer = {
    model: model.id,
    stream: exchange.body.stream === true,
    headers: standardHeaders(exchange),
    steps: chatSteps(reply, frame),
    body: chatBody(reply, frame),
    prompt: bill.billed,
    reasoningTokens: thinkingTokens(reply),
    longPromptTokens: model.longPromptTokens,
    onStart: bill.commit,
    onComplete: () => {},
    errorEvent: (script) => {
      const fields = scriptedFields(script, 'openai', script.status ?? 500)
      return `data: ${JSON.stringify(errorBody('openai', fields, exchange.requestId))}\n\n`
    },
  }
  await answerWith(exchange, answer)
}

/** Checks a request and makes its answer. */
export function produceChat(call: ChatCall, scripted?: ScriptedReply): ChatOutcome {
  const { body, state } = call
  const model = requireOpenAiModel(body)
  if (state.settings.strict) checkChat(body, model)
  const messages = arrayOf(body.messages).filter(isObject)
  const bill = billPrompt([...arrayOf(body.tools), ...messages].map(pieceOf), { ...call, model })
  checkWindow(bill.tokens, model, 'chat')
  const made = composeReply(viewOf(body, messages), scripted, {
    ratio: OPENAI_RATIO,
    callIdPrefix: 'call_',
    saysRefusals: true,
    thinkingTokens: reasoningTokens(model, body.reasoning_effort),
  })
  const stops = typeof body.stop === 'string' ? [body.stop] : arrayOf(body.stop).map((stop) => stringOf(stop))
  const limit = numberOf(body.max_completion_tokens ?? body.max_tokens) ?? model.maxOutputTokens
  const reply = cutAtLength(cutAtStopSequence(made, stops, OPENAI_RATIO), limit)
  return { model, bill, reply, frame: frameOf(call, { model, bill, scripted }) }
}

function frameOf(
  call: ChatCall,
  made: { model: OpenAiModel; bill: PromptBill; scripted: ScriptedReply | undefined },
): ChatFrame {
  const options = objectOf(call.body.stream_options)
  return {
    id: freshId('chatcmpl-', 29),
    model: made.scripted?.model ?? stringOf(call.body.model),
    createdAtSeconds: Math.floor(call.state.now() / 1_000),
    bill: made.bill,
    modelRow: made.model,
    includeUsage: options.include_usage === true && made.scripted?.omitUsage !== true,
    obfuscate: options.include_obfuscation !== false,
    pieceLength: made.scripted?.pieceLength ?? 24,
    omitUsage: made.scripted?.omitUsage ?? false,
  }
}

function viewOf(body: JsonObject, messages: JsonObject[]): AgentView {
  const human = messages.findLastIndex((message) => message.role === 'user')
  const first = messages.slice(0, human + 1).findLastIndex((message) => message.role !== 'user')
  const format = objectOf(objectOf(body.response_format).json_schema)
  return {
    tools: body.tool_choice === 'none' ? [] : arrayOf(body.tools).filter(isObject).map(toolOf),
    typed: typedText(
      messages
        .slice(first + 1, human + 1)
        .map(chatText)
        .join('\n'),
    ),
    everything: messages.map(chatText).join('\n'),
    results: roundsIn(messages.slice(human + 1)),
    schema: isObject(format.schema) ? format.schema : null,
  }
}

/** Assistant turns whose tools were answered. */
function roundsIn(messages: JsonObject[]): number {
  return messages.filter((message, at) => message.role === 'tool' && messages[at + 1]?.role !== 'tool').length
}

/** The text of a chat message, whatever form its content has. */
function chatText(message: JsonObject | undefined): string {
  if (typeof message?.content === 'string') return message.content
  const texts = arrayOf(message?.content).map((part) => stringOf(objectOf(part).text))
  return texts.join('\n')
}

function toolOf(tool: JsonObject): AgentView['tools'][number] {
  const custom = tool.type === 'custom'
  const named = objectOf(custom ? tool.custom : tool.function)
  return { name: stringOf(named.name), namespace: null, custom, schema: objectOf(named.parameters) }
}

/** The text that may carry a directive: the last user message. */
export function lastChatText(body: JsonObject): string {
  const messages = arrayOf(body.messages).filter(isObject)
  return chatText(messages.findLast((message) => message.role === 'user'))
}
