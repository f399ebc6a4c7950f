/** `POST /v1/completions`, with `suffix`: fill-in-the-middle. https://platform.openai.com/docs/api-reference/completions */
import type { Answer, Step } from './deliver.ts'
import { answerWith, scriptedFields, standardHeaders, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf, type JsonObject } from './json.ts'
import { checkWindow, requireOpenAiModel } from './openai-rules.ts'
import { OPENAI_RATIO, billPrompt, cacheDetails, pieceOf } from './openai-usage.ts'
import { cutAtLength, cutAtStopSequence, pieces, replyTokens, textPart, type Reply } from './reply.ts'
import { fillerOf } from './token-count.ts'
import { errorBody, invalidParameter } from './wire-error.ts'

/** Answers `POST /v1/completions`. Without `max_tokens` an answer has at most 16 tokens, as the API's default is. */
export async function handleCompletion(exchange: Exchange): Promise<void> {
  const { body, state, account } = exchange
  const model = requireOpenAiModel(body)
  if (state.settings.strict) checkCompletion(body)
  const prompt = Array.isArray(body.prompt) ? body.prompt.map(String).join('') : stringOf(body.prompt)
  const bill = billPrompt([pieceOf(prompt), ...(body.suffix === undefined ? [] : [pieceOf(body.suffix)])], {
    state,
    body,
    model,
    account,
  })
  checkWindow(bill.tokens, model, 'chat')
  const reply = completionOf(exchange)
  const frame = {
    id: freshId('cmpl-', 29),
    object: 'text_completion',
    created: Math.floor(state.now() / 1_000),
    model: exchange.script.reply?.model ?? stringOf(body.model),
  }
  const output = replyTokens(reply)
  const usage = {
    prompt_tokens: bill.tokens,
    completion_tokens: output,
    total_tokens: bill.tokens + output,
    prompt_tokens_details: cacheDetails(bill, model),
  }
  const omit = exchange.script.reply?.omitUsage === true
  const answer: Answer = {
    model: model.id,
    stream: body.stream === true,
    headers: standardHeaders(exchange),
    steps: completionSteps(reply, frame, !omit && objectOf(body.stream_options).include_usage === true ? usage : null),
    body: { ...frame, choices: [choice(textOf(reply), finishOf(reply))], ...(omit ? {} : { usage }) },
    prompt: bill.billed,
    reasoningTokens: 0,
    longPromptTokens: model.longPromptTokens,
    onStart: bill.commit,
    onComplete: () => {},
    errorEvent: (script) =>
      `data: ${JSON.stringify(errorBody('openai', scriptedFields(script, 'openai', script.status ?? 500), ''))}\n\n`,
  }
  await answerWith(exchange, answer)
}

function checkCompletion(body: JsonObject): void {
  if (body.prompt === undefined) {
    throw invalidParameter("Missing required parameter: 'prompt'.", 'prompt', 'missing_required_parameter')
  }
  if (isObject(body.stream_options) && body.stream !== true) {
    throw invalidParameter("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
}

function completionOf({ body, script }: Exchange): Reply {
  const asked = script.reply?.outputTokens
  const text = script.reply?.text ?? (asked === undefined ? '  return a + b\n' : fillerOf(asked, OPENAI_RATIO))
  const whole: Reply = {
    parts: [textPart(text, OPENAI_RATIO)],
    stop: 'end',
    stopSequence: null,
    stopDetails: null,
    refusalTokens: 0,
  }
  const stops = typeof body.stop === 'string' ? [body.stop] : arrayOf(body.stop).map((stop) => stringOf(stop))
  return cutAtLength(cutAtStopSequence(whole, stops, OPENAI_RATIO), numberOf(body.max_tokens) ?? 16)
}

function textOf(reply: Reply): string {
  const [part] = reply.parts
  return part?.kind === 'text' ? part.text : ''
}

function finishOf(reply: Reply): string {
  return reply.stop === 'length' ? 'length' : 'stop'
}

function choice(text: string, finish: string | null): JsonObject {
  return { text, index: 0, logprobs: null, finish_reason: finish }
}

function completionSteps(reply: Reply, frame: JsonObject, usage: JsonObject | null): Step[] {
  const line = (content: JsonObject) => `data: ${JSON.stringify({ ...frame, ...content })}\n\n`
  const nothing = usage === null ? {} : { usage: null }
  const total = replyTokens(reply)
  const texts = pieces(textOf(reply))
  const steps = texts.map((text, index) => ({
    text: line({ choices: [choice(text, null)], ...nothing }),
    tokens: Math.round((total * (index + 1)) / texts.length),
  }))
  steps.push({ text: line({ choices: [choice('', finishOf(reply))], ...nothing }), tokens: total })
  if (usage !== null) steps.push({ text: line({ choices: [], usage }), tokens: total })
  return [...steps, { text: 'data: [DONE]\n\n', tokens: total }]
}
