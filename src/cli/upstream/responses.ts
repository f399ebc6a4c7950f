/** `POST /v1/responses`, and retrieval of stored ones. https://platform.openai.com/docs/api-reference/responses */
import type { AgentView } from './agent-script.ts'
import { composeReply } from './compose-reply.ts'
import type { Answer } from './deliver.ts'
import { answerWith, scriptedFields, sendJson, standardHeaders, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf, without, type JsonObject } from './json.ts'
import type { OpenAiModel } from './openai-models.ts'
import { checkResponses, checkWindow, requireOpenAiModel } from './openai-rules.ts'
import { OPENAI_RATIO, billPrompt, pieceOf, reasoningTokens, type PromptBill } from './openai-usage.ts'
import { cutAtLength, thinkingTokens, type Reply } from './reply.ts'
import { failedEvent, outputItems, responseBody, responseSteps, type ResponseFrame } from './responses-stream.ts'
import type { ScriptedReply } from './script.ts'
import { remember, type UpstreamState } from './state.ts'
import { typedText } from './typed-text.ts'
import { WireError, invalidParameter } from './wire-error.ts'

/** A call that came alone or in a batch. */
interface ResponsesCall {
  state: UpstreamState
  body: JsonObject
  account: string
}

/** A request that passed every check, with its answer. */
interface ResponsesOutcome {
  model: OpenAiModel
  bill: PromptBill
  reply: Reply
  frame: ResponseFrame
  /** The whole input, earlier answers included. */
  items: JsonObject[]
}

/** Answers `POST /v1/responses`. */
export async function handleResponses(exchange: Exchange): Promise<void> {
  const outcome = produceResponse(exchange, exchange.script.reply)
  const { model, bill, reply, frame } = outcome
  const body = responseBody(reply, frame)
  const answer: Answer = {
    model: model.id,
    stream: exchange.body.stream === true,
    headers: standardHeaders(exchange),
    steps: responseSteps(reply, frame),
    body,
    prompt: bill.billed,
    reasoningTokens: thinkingTokens(reply),
    longPromptTokens: model.longPromptTokens,
    onStart: bill.commit,
    onComplete: () => keep(exchange, outcome, body),
    errorEvent: (script) =>
      failedEvent(frame, scriptedFields(script, 'openai', script.status ?? 500), script.errorAfterEvents ?? 0),
  }
  await answerWith(exchange, answer)
}

/** Answers `GET` and `DELETE /v1/responses/:id`. */
export function handleStoredResponse(exchange: Exchange, id: string): void {
  const stored = storedFor(exchange, id)
  if (stored === null) throw notFound(id)
  if (exchange.method === 'DELETE') {
    exchange.state.responses.delete(id)
    sendJson(exchange, { id, object: 'response', deleted: true })
    return
  }
  sendJson(exchange, stored.body)
}

function notFound(id: string): WireError {
  const message = `Response with id '${id}' not found.`
  return new WireError({ status: 404, type: 'invalid_request_error', message })
}

/** Checks a request and makes its answer. */
export function produceResponse(call: ResponsesCall, scripted?: ScriptedReply): ResponsesOutcome {
  const { body, state } = call
  const model = requireOpenAiModel(body)
  const items = [...earlierItems(call), ...inputItems(body.input).map((item) => referredItem(call, item))]
  if (state.settings.strict) {
    checkResponses(body, model, items)
    checkEncrypted(items)
  }
  const instructions = stringOf(body.instructions)
  const system = instructions === '' ? [] : [{ role: 'system', content: instructions }]
  const bill = billPrompt([...arrayOf(body.tools), ...system, ...items].map(itemPiece), { ...call, model })
  checkWindow(bill.tokens, model, 'responses')
  const made = composeReply(viewOf(body, items, instructions), scripted, {
    ratio: OPENAI_RATIO,
    callIdPrefix: 'call_',
    saysRefusals: true,
    thinkingTokens: reasoningTokens(model, objectOf(body.reasoning).effort),
  })
  const reply = cutAtLength(made, numberOf(body.max_output_tokens) ?? model.maxOutputTokens)
  return { model, bill, reply, frame: frameOf(call, { model, bill, scripted, reply }), items }
}

/** Ids and statuses of items are bookkeeping, not prompt. */
function itemPiece(item: unknown): ReturnType<typeof pieceOf> {
  if (!isObject(item)) return pieceOf(item)
  return pieceOf(without(without(item, 'id'), 'status'))
}

function frameOf(
  call: ResponsesCall,
  made: { model: OpenAiModel; bill: PromptBill; scripted: ScriptedReply | undefined; reply: Reply },
): ResponseFrame {
  const { body } = call
  const include = arrayOf(body.include)
  const summary = objectOf(body.reasoning).summary
  return {
    id: freshId('resp_', 48),
    model: made.scripted?.model ?? stringOf(body.model),
    createdAtSeconds: Math.floor(call.state.now() / 1_000),
    request: body,
    bill: made.bill,
    modelRow: made.model,
    itemIds: made.reply.parts.map((part) => freshId(ITEM_PREFIXES[part.kind], 48)),
    encrypted: include.includes('reasoning.encrypted_content'),
    showSummary: summary !== undefined && summary !== null && summary !== 'none',
    namespaces: namespacesOf(body),
    pieceLength: made.scripted?.pieceLength ?? 24,
    omitUsage: made.scripted?.omitUsage ?? false,
  }
}

const ITEM_PREFIXES = { thinking: 'rs_', text: 'msg_', tool: 'fc_' } as const

function namespacesOf(body: JsonObject): Record<string, string> {
  const found: Record<string, string> = {}
  for (const tool of agentTools(body)) if (tool.namespace !== null) found[tool.name] = tool.namespace
  return found
}

function inputItems(input: unknown): JsonObject[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return arrayOf(input).filter(isObject)
}

function earlierItems(call: ResponsesCall): JsonObject[] {
  const id = call.body.previous_response_id
  if (id === undefined || id === null) return []
  const stored = storedFor(call, stringOf(id))
  if (stored !== null) return stored.items
  throw invalidParameter(
    `Previous response with id '${stringOf(id)}' not found.`,
    'previous_response_id',
    'previous_response_not_found',
  )
}

/** The stored item that is only referred to. */
function referredItem(call: ResponsesCall, item: JsonObject): JsonObject {
  if (item.type !== 'item_reference') return item
  for (const { account, items } of call.state.responses.values()) {
    const found = account === call.account ? items.find(({ id }) => id === item.id) : undefined
    if (found !== undefined) return found
  }
  const message = `Item with id '${stringOf(item.id)}' not found.`
  throw new WireError({ status: 404, type: 'invalid_request_error', message, param: 'input' })
}

function storedFor(call: ResponsesCall, id: string) {
  const stored = call.state.responses.get(id)
  return stored !== undefined && stored.account === call.account ? stored : null
}

/** Encrypted reasoning only opens where it was made. */
function checkEncrypted(items: readonly JsonObject[]): void {
  for (const item of items) {
    if (item.type !== 'reasoning' || typeof item.encrypted_content !== 'string') continue
    if (item.encrypted_content.startsWith('gAAAAAscripted')) continue
    throw invalidParameter(
      `The encrypted content for item ${stringOf(item.id)} could not be verified. Reason: Encrypted content could not be ` +
        'decrypted or parsed.',
      undefined,
      'invalid_encrypted_content',
    )
  }
}

function keep(exchange: Exchange, outcome: ResponsesOutcome, body: JsonObject): void {
  if (exchange.body.store === false) return
  remember(exchange.state.responses, outcome.frame.id, {
    account: exchange.account,
    items: [...outcome.items, ...outputItems(outcome.reply, outcome.frame)],
    body,
  })
}

function viewOf(body: JsonObject, items: JsonObject[], instructions: string): AgentView {
  const human = items.findLastIndex((item) => item.role === 'user')
  const first = items.slice(0, human + 1).findLastIndex((item) => item.role !== 'user')
  const format = objectOf(objectOf(body.text).format)
  return {
    tools: body.tool_choice === 'none' ? [] : agentTools(body),
    typed: typedText(
      items
        .slice(first + 1, human + 1)
        .map(itemText)
        .join('\n'),
    ),
    everything: [instructions, ...items.map(itemText)].join('\n'),
    results: roundsIn(items.slice(human + 1)),
    schema: isObject(format.schema) ? format.schema : null,
  }
}

function roundsIn(items: JsonObject[]): number {
  const isOutput = (item: JsonObject | undefined) => stringOf(item?.type).endsWith('_call_output')
  return items.filter((item, at) => isOutput(item) && !isOutput(items[at + 1])).length
}

function itemText(item: JsonObject | undefined): string {
  if (typeof item?.content === 'string') return item.content
  return arrayOf(item?.content)
    .map((part) => stringOf(objectOf(part).text))
    .join('\n')
}

function agentTools(body: JsonObject): AgentView['tools'] {
  const flat = arrayOf(body.tools).filter(isObject)
  return flat.flatMap((tool) => {
    if (tool.type === 'namespace') {
      const inner = arrayOf(tool.tools).filter(isObject)
      return inner.map((child) => toolOf(child, stringOf(tool.name)))
    }
    return tool.type === 'function' || tool.type === 'custom' ? [toolOf(tool, null)] : []
  })
}

function toolOf(tool: JsonObject, namespace: string | null): AgentView['tools'][number] {
  return {
    name: stringOf(tool.name),
    namespace,
    custom: tool.type === 'custom',
    schema: objectOf(tool.parameters),
  }
}

/** The text that may carry a directive: the last user item. */
export function lastInputText(body: JsonObject): string {
  return itemText(inputItems(body.input).findLast((item) => item.role === 'user'))
}
