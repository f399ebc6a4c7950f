/**
 * Sends an answer and bills it. The answer is produced step by step at the script's pace, streamed or not; what has
 * been produced when the client is seen to be gone is what is billed. Knows no dialect: steps are bytes and tokens.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { promptTokens, type Recording, type RequestRecord, type TokensByKind } from './recording.ts'
import type { Script } from './script.ts'
import type { JsonObject } from './json.ts'

/** One step of producing an answer. */
export interface Step {
  /** Bytes of the stream, or null for tokens produced without anything to show. */
  text: string | null
  /** Output tokens produced once this step is done, cumulative. */
  tokens: number
}

/** A complete answer, before pace and faults. */
export interface Answer {
  model: string
  stream: boolean
  headers: Record<string, string>
  steps: Step[]
  /** The body when not streaming. */
  body: JsonObject
  /** Prompt tokens by kind; output is added as it is produced. */
  prompt: TokensByKind
  reasoningTokens: number
  longPromptTokens: number | null
  /** Called when the answer starts: caches become readable. */
  onStart: () => void
  /** Called when the answer was sent whole. */
  onComplete: () => void
  /** The dialect's error in mid-stream. */
  errorEvent: (script: Script) => string
}

/** Where an answer goes. */
interface Outlet {
  response: ServerResponse
  record: RequestRecord
  recording: Recording
  script: Script
  pace: { headersDelayMs: number; eventDelayMs: number }
  now: () => number
}

type Ending = NonNullable<RequestRecord['ending']>

/** Plays an answer to its end, its cut, or the client's leaving, and bills what was produced. */
export async function deliver(answer: Answer, outlet: Outlet): Promise<void> {
  const gone = new AbortController()
  const onClose = () => {
    if (!outlet.response.writableFinished) gone.abort()
  }
  outlet.response.once('close', onClose)
  if (outlet.response.destroyed) onClose()
  const progress = { tokens: 0, started: false }
  let ending: Ending
  try {
    ending = await play(answer, { ...outlet, signal: gone.signal, progress })
  } catch (error) {
    if (!gone.signal.aborted && !outlet.response.destroyed && !isBrokenLine(error)) throw error
    ending = 'aborted'
  }
  outlet.response.off('close', onClose)
  settle(answer, outlet, { ending, ...progress })
}

/** A write may meet the closed socket before its end is told: what was produced is billed all the same. */
function isBrokenLine(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'EPIPE' || code === 'ECONNRESET'
}

type Stage = Outlet & { signal: AbortSignal; progress: { tokens: number; started: boolean } }

async function play(answer: Answer, stage: Stage): Promise<Ending> {
  const { script, response, signal } = stage
  await pause(script.headersDelayMs ?? stage.pace.headersDelayMs, signal)
  if (script.hang === 'headers') return hangUntilGone(signal)
  stage.progress.started = true
  answer.onStart()
  if (!answer.stream) return playBody(answer, stage)
  stage.record.status = 200
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...answer.headers,
    ...script.headers,
  })
  response.flushHeaders()
  await pause(script.firstEventDelayMs ?? 0, signal)
  return playEvents(answer, stage)
}

async function playEvents(answer: Answer, stage: Stage): Promise<Ending> {
  const { script, signal } = stage
  const delayMs = script.eventDelayMs ?? stage.pace.eventDelayMs
  let events = 0
  let bytes = 0
  for (const step of answer.steps) {
    if (events === script.hang) return hangUntilGone(signal)
    if (events === script.errorAfterEvents) return endWithError(answer, stage)
    if (events === script.cutAfterEvents) return cut(stage)
    if (events > 0) await pause(delayMs, signal)
    signal.throwIfAborted()
    stage.progress.tokens = step.tokens
    if (step.text === null) continue
    const room = (script.cutAfterBytes ?? Number.POSITIVE_INFINITY) - bytes
    const chunk = Buffer.from(step.text)
    await write(stage, chunk.length > room ? chunk.subarray(0, room) : chunk)
    if (chunk.length > room) return cut(stage)
    bytes += chunk.length
    events += 1
  }
  if (events === script.errorAfterEvents) return endWithError(answer, stage)
  if (events === script.cutAfterEvents) return cut(stage)
  stage.response.end()
  await finished(stage)
  answer.onComplete()
  return 'complete'
}

async function playBody(answer: Answer, stage: Stage): Promise<Ending> {
  const { script, response, signal } = stage
  const delayMs = script.eventDelayMs ?? stage.pace.eventDelayMs
  for (const step of answer.steps) {
    await pause(delayMs, signal)
    signal.throwIfAborted()
    stage.progress.tokens = step.tokens
  }
  stage.record.status = 200
  const body = Buffer.from(JSON.stringify(answer.body))
  response.writeHead(200, { 'content-type': 'application/json', ...answer.headers, ...script.headers })
  if (typeof script.hang === 'number') {
    response.flushHeaders()
    return hangUntilGone(signal)
  }
  if (script.cutAfterEvents !== undefined || script.cutAfterBytes !== undefined) {
    await write(stage, body.subarray(0, Math.min(script.cutAfterBytes ?? 0, body.length)))
    return cut(stage)
  }
  response.end(body)
  await finished(stage)
  answer.onComplete()
  return 'complete'
}

/** Resolves once the bytes have left for the socket: a slow reader slows the answer down. */
async function write({ response, signal }: Stage, chunk: Uint8Array): Promise<void> {
  if (chunk.length === 0) return
  await new Promise<void>((resolve, reject) => {
    const onGone = () => reject(new Error('the client left'))
    signal.addEventListener('abort', onGone, { once: true })
    response.write(chunk, (error) => {
      signal.removeEventListener('abort', onGone)
      if (error) reject(error)
      else resolve()
    })
  })
}

async function finished(stage: Stage): Promise<void> {
  if (stage.response.writableFinished) return
  await once(stage.response, 'finish', { signal: stage.signal })
}

function cut(stage: Stage): Ending {
  stage.response.socket?.destroy()
  return 'cut'
}

async function endWithError(answer: Answer, stage: Stage): Promise<Ending> {
  await write(stage, Buffer.from(answer.errorEvent(stage.script)))
  stage.response.end()
  return 'error-event'
}

/** Waits for the client to give up. */
async function hangUntilGone(signal: AbortSignal): Promise<Ending> {
  if (!signal.aborted) await once(signal, 'abort')
  return 'hung'
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal })
}

function settle(answer: Answer, outlet: Outlet, end: { ending: Ending; tokens: number; started: boolean }): void {
  const { record, recording } = outlet
  record.ending = end.ending
  record.endedAt = outlet.now()
  record.aborted = end.ending === 'aborted' || end.ending === 'hung'
  if (!end.started) return
  const tokens = {
    ...answer.prompt,
    output: end.tokens,
    reasoning: Math.min(answer.reasoningTokens, end.tokens),
  }
  record.billed = tokens
  recording.charge({
    model: answer.model,
    service: 'standard',
    longPrompt: answer.longPromptTokens !== null && promptTokens(tokens) > answer.longPromptTokens,
    aborted: record.aborted,
    tokens,
  })
}
