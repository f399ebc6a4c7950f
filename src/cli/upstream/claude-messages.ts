/** `POST /v1/messages` and `/v1/messages/count_tokens`: checks, cache, thinking, answer. */
import { composeReply } from './compose-reply.ts'
import type { AgentView } from './agent-script.ts'
import { findClaudeModel, type ClaudeModel } from './claude-models.ts'
import { checkModelRules, effortOf, thinks } from './claude-model-rules.ts'
import { contentBlocks, renderClaudePrompt, type PromptBlock } from './claude-prompt.ts'
import {
  API_VERSIONS,
  checkBreakpoints,
  checkHeadersAndFields,
  checkShape,
  checkToolPairs,
  type RequestHeaders,
} from './claude-request-rules.ts'
import { messageBody, messageSteps, sseEvent, type MessageFrame } from './claude-stream.ts'
import { continueThread, keepThread, type ThreadedRequest } from './claude-threads.ts'
import type { Answer } from './deliver.ts'
import { answerWith, scriptedFields, sendJson, standardHeaders, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf, type JsonObject } from './json.ts'
import type { CacheOutcome } from './prompt-cache.ts'
import { NO_TOKENS, type TokensByKind } from './recording.ts'
import { cutAtLength, cutAtStopSequence, replyTokens, thinkingTokens, type Reply } from './reply.ts'
import type { ScriptedReply } from './script.ts'
import { checkThinking, signThinking, type DroppedThinking } from './signatures.ts'
import type { UpstreamState } from './state.ts'
import { typedText } from './typed-text.ts'
import { WireError, errorBody, invalidRequest } from './wire-error.ts'

/** The parts of a call that decide its answer, whether it came alone or in a batch. */
export interface ClaudeCall {
  state: UpstreamState
  body: JsonObject
  headers: RequestHeaders
  account: string
  /** Batches drop thinking of another conversation instead of refusing it. */
  onMismatch: 'error' | 'drop'
}

/** A request that passed every check, as the model sees it. */
interface ClaudePrompt {
  body: JsonObject
  model: ClaudeModel
  blocks: PromptBlock[]
  dropped: DroppedThinking[]
}

/** Answers `POST /v1/messages`. */
export async function handleMessages(exchange: Exchange): Promise<void> {
  const call = claudeCall(exchange)
  const threaded = continueThread(call, exchange.body)
  try {
    await answerWith(exchange, answerTo(exchange, { ...call, body: threaded.body }, threaded))
  } finally {
    threaded.release()
  }
}

function answerTo(exchange: Exchange, call: ClaudeCall, threaded: ThreadedRequest): Answer {
  const prompt = readPrompt(call)
  checkLength(prompt)
  const { reply, frame, commit } = produce(prompt, call, exchange.script.reply)
  const body = messageBody(reply, frame)
  return {
    model: prompt.model.id,
    stream: exchange.body.stream === true,
    headers: standardHeaders(exchange),
    steps: messageSteps(reply, frame),
    body,
    prompt: tokensOf(frame.cache),
    reasoningTokens: thinkingTokens(reply),
    longPromptTokens: prompt.model.id === 'claude-haiku-5-5' ? 100_000 : null,
    onStart: commit,
    onComplete: () => keepThread({ ...call, body: exchange.body }, threaded, body),
    errorEvent: (script) => {
      const fields = scriptedFields(script, 'anthropic', script.status ?? 529)
      return sseEvent('error', errorBody('anthropic', fields, exchange.requestId))
    },
  }
}

/** Answers `POST /v1/messages/count_tokens`; the same refusals as for sending. */
export function handleCountTokens(exchange: Exchange): void {
  const prompt = readPrompt(claudeCall(exchange), { countsOnly: true })
  exchange.record.model = prompt.model.id
  sendJson(exchange, { input_tokens: lengthOf(prompt) })
}

/** The call in an exchange; refuses a missing or unknown API version. */
export function claudeCall(exchange: Exchange): ClaudeCall {
  const version = exchange.headers['anthropic-version'] ?? ''
  if (exchange.state.settings.strict) {
    if (version === '') throw invalidRequest('anthropic-version: header is required')
    if (!API_VERSIONS.includes(version)) {
      throw invalidRequest(`anthropic-version: "${version}" is not a valid version`)
    }
  }
  const betas = (exchange.headers['anthropic-beta'] ?? '').split(',').map((beta) => beta.trim())
  return {
    state: exchange.state,
    body: exchange.body,
    headers: { version, betas: betas.filter((beta) => beta !== '') },
    account: exchange.account,
    onMismatch: 'error',
  }
}

/** Runs every check and renders the prompt the model would see. */
export function readPrompt(call: ClaudeCall, options = { countsOnly: false }): ClaudePrompt {
  const { body, headers, state } = call
  const { strict } = state.settings
  checkShape(body, options)
  const model = findClaudeModel(stringOf(body.model))
  if (model === null) {
    throw new WireError({ status: 404, type: 'not_found_error', message: `model: ${stringOf(body.model)}` })
  }
  if (strict) {
    checkHeadersAndFields(body, headers)
    checkModelRules(body, model, headers)
    checkToolPairs(body)
  }
  const behavior = objectOf(objectOf(body.thinking).block_binding).prefix_mismatch_behavior
  const controls = headers.betas.includes('thinking-binding-controls-2026-08-01')
  if (strict && behavior !== undefined && !controls) {
    throw invalidRequest('thinking.adaptive.block_binding: Extra inputs are not permitted')
  }
  const drops = !strict || call.onMismatch === 'drop' || (controls && behavior === 'drop_block')
  const seen = checkThinking(body, {
    model,
    account: call.account,
    onMismatch: drops ? 'drop' : 'error',
    acceptForeign: !strict,
  })
  const blocks = renderClaudePrompt(seen.body, model)
  if (strict) checkBreakpoints(body, blocks)
  return { body, model, blocks, dropped: controls ? seen.dropped : [] }
}

/** Refuses a prompt longer than the model's window. */
export function checkLength(prompt: ClaudePrompt): void {
  const tokens = lengthOf(prompt)
  const limit = prompt.model.contextTokens
  if (tokens > limit) throw invalidRequest(`prompt is too long: ${tokens} tokens > ${limit} maximum`)
}

function lengthOf(prompt: ClaudePrompt): number {
  return prompt.blocks.reduce((sum, block) => sum + block.tokens, 0)
}

/** The model's answer, its frame, and what to do to the cache once it starts. */
export function produce(
  prompt: ClaudePrompt,
  call: ClaudeCall,
  scripted?: ScriptedReply,
): { reply: Reply; frame: MessageFrame; commit: () => void } {
  const { model, blocks, body } = prompt
  const { outcome, commit } = call.state.promptCache.plan(blocks, {
    owner: `${call.account} ${model.id}`,
    systemSettings: JSON.stringify(objectOf(body.output_config).format ?? body.output_format ?? null),
    messageSettings: messageSettings(prompt),
    minTokens: model.minCacheTokens,
    startedAt: call.state.now(),
  })
  const reply = limited(composeReply(viewOf(prompt), scripted, speakerOf(prompt)), prompt)
  return { reply, frame: frameOf(prompt, call, { reply, scripted, cache: outcome }), commit }
}

function limited(reply: Reply, prompt: ClaudePrompt): Reply {
  const stops = arrayOf(prompt.body.stop_sequences).map((stop) => stringOf(stop))
  const stopped = cutAtStopSequence(reply, stops, prompt.model.tokenizerRatio)
  const cut = cutAtLength(stopped, numberOf(prompt.body.max_tokens) ?? prompt.model.maxOutputTokens)
  const room = prompt.model.contextTokens - lengthOf(prompt)
  return replyTokens(cut) > room ? { ...cutAtLength(cut, room), stop: 'context' } : cut
}

const THINKING_TOKENS = { low: 16, medium: 32, high: 64, xhigh: 128, max: 256 }

function speakerOf({ body, model }: ClaudePrompt) {
  const effort = effortOf(body, model) ?? 'medium'
  return {
    ratio: model.tokenizerRatio,
    callIdPrefix: 'toolu_01',
    saysRefusals: false,
    thinkingTokens: thinks(body, model) ? THINKING_TOKENS[effort] : 0,
  }
}

/** Settings whose change loses the cached messages. The default effort said aloud is the default effort. */
function messageSettings({ body, model, blocks }: ClaudePrompt): string {
  const thinking = objectOf(body.thinking)
  return JSON.stringify([
    body.tool_choice ?? { type: 'auto' },
    thinks(body, model) ? [thinking.type ?? 'adaptive', thinking.budget_tokens ?? null] : 'off',
    effortOf(body, model),
    blocks.some((block) => block.rendered.includes('"type":"image"')),
  ])
}

function frameOf(
  prompt: ClaudePrompt,
  call: ClaudeCall,
  made: { reply: Reply; scripted: ScriptedReply | undefined; cache: CacheOutcome },
): MessageFrame {
  const { reply, scripted, cache } = made
  const { model, body } = prompt
  const signatures: string[] = []
  for (const part of reply.parts) {
    if (part.kind !== 'thinking') continue
    signatures.push(signThinking(part, body, { model, account: call.account }, signatures))
  }
  const { betas } = call.headers
  return {
    id: freshId('msg_01', 22),
    model: scripted?.model ?? model.aliases[0] ?? model.id,
    cache,
    showThinking: showsThinking(body, model) && !betas.includes('redact-thinking-2026-02-12'),
    countThinking: betas.includes('thinking-token-count-2026-05-13'),
    signatures,
    pieceLength: scripted?.pieceLength ?? 24,
    omitUsage: scripted?.omitUsage ?? false,
    extra: {
      ...(isObject(body.context_management) ? { context_management: { applied_edits: [] } } : {}),
      ...(prompt.dropped.length === 0 ? {} : { input_transformations: prompt.dropped }),
    },
  }
}

function showsThinking(body: JsonObject, model: ClaudeModel): boolean {
  const display = objectOf(body.thinking).display
  if (display === 'summarized' || display === 'updates') return true
  return display !== 'omitted' && !model.thinking.hiddenByDefault
}

/** Tokens by kind of what the cache says. */
export function tokensOf(cache: CacheOutcome): TokensByKind {
  return {
    ...NO_TOKENS,
    input: cache.inputTokens,
    cacheRead: cache.readTokens,
    cacheWrite5m: cache.write5mTokens,
    cacheWrite1h: cache.write1hTokens,
  }
}

/** Output tokens of a reply that was not streamed (batches). */
export function withOutput(tokens: TokensByKind, reply: Reply): TokensByKind {
  return { ...tokens, output: replyTokens(reply), reasoning: thinkingTokens(reply) }
}

function viewOf({ body, blocks }: ClaudePrompt): AgentView {
  const turns = turnsOf(body)
  const human = turns.findLastIndex((turn) => turn.role === 'user' && !turn.answersTools)
  const since = turns.slice(human + 1)
  const format = objectOf(objectOf(body.output_config).format ?? body.output_format)
  return {
    tools: objectOf(body.tool_choice).type === 'none' ? [] : toolsOf(body),
    typed: typedText(turns[human]?.text ?? ''),
    everything: blocks
      .filter((block) => block.section !== 'tools')
      .map((block) => stringOf(block.content.text))
      .join('\n'),
    results: since.filter((turn) => turn.role === 'user').length,
    schema: isObject(format.schema) ? format.schema : null,
  }
}

/** What one side says before the other does: the API takes neighbouring messages of a role as one. */
interface Turn {
  role: string
  text: string
  answersTools: boolean
}

function turnsOf(body: JsonObject): Turn[] {
  const turns: Turn[] = []
  for (const message of arrayOf(body.messages).filter(isObject)) {
    const turn = { role: stringOf(message.role), text: textOf(message), answersTools: answersTools(message) }
    const last = turns.at(-1)
    if (last === undefined || last.role !== turn.role) {
      turns.push(turn)
    } else {
      last.text += `\n${turn.text}`
      last.answersTools ||= turn.answersTools
    }
  }
  return turns
}

function answersTools(message: JsonObject): boolean {
  return contentBlocks(message.content).some((block) => block.type === 'tool_result')
}

function textOf(message: JsonObject | undefined): string {
  const texts = contentBlocks(message?.content).map((block) => stringOf(block.text))
  return texts.join('\n')
}

function toolsOf(body: JsonObject): AgentView['tools'] {
  return arrayOf(body.tools)
    .filter(isObject)
    .filter((tool) => tool.defer_loading !== true && isObject(tool.input_schema))
    .map((tool) => ({
      name: stringOf(tool.name),
      namespace: null,
      custom: false,
      schema: objectOf(tool.input_schema),
    }))
}

/** The directive a Messages request may carry: the text of its last typed message. */
export function lastTypedText(body: JsonObject): string {
  return turnsOf(body).findLast((turn) => turn.role === 'user' && !turn.answersTools)?.text ?? ''
}
