/** All that one scripted provider remembers. One object, handed to whoever needs it; no module keeps state. */
import type { AnthropicBatch } from './claude-batches.ts'
import { ScriptQueue, type Settings } from './control.ts'
import type { JsonObject } from './json.ts'
import type { OpenAiBatch } from './openai-batches.ts'
import type { StoredFile } from './openai-files.ts'
import { PrefixCache } from './prefix-cache.ts'
import { PromptCache } from './prompt-cache.ts'
import { Recording } from './recording.ts'

/** A conversation the Messages API holds under an answer's id. */
export interface StoredThread {
  /** The request as a full conversation, the answer included. */
  body: JsonObject
  account: string
  continued: 'no' | 'running' | 'done'
}

/** A stored answer of the Responses API with the input that led to it. */
interface StoredResponse {
  account: string
  /** The whole input up to and including the answer's own items. */
  items: JsonObject[]
  body: JsonObject
}

/** The state of one scripted provider. */
export interface UpstreamState {
  settings: Settings
  scripts: ScriptQueue
  recording: Recording
  promptCache: PromptCache
  prefixCache: PrefixCache
  threads: Map<string, StoredThread>
  responses: Map<string, StoredResponse>
  claudeBatches: Map<string, AnthropicBatch>
  openaiBatches: Map<string, OpenAiBatch>
  files: Map<string, StoredFile>
  /** ms since epoch, the settings' offset included. */
  now: () => number
}

/** A fresh state over a clock. */
export function createState(settings: Settings, clock: () => number): UpstreamState {
  const state: UpstreamState = {
    settings,
    scripts: new ScriptQueue(),
    recording: new Recording({ maxRequests: 5_000, maxBytes: 128 * 1024 * 1024 }),
    promptCache: new PromptCache(),
    prefixCache: new PrefixCache(),
    threads: new Map(),
    responses: new Map(),
    claudeBatches: new Map(),
    openaiBatches: new Map(),
    files: new Map(),
    now: () => clock() + state.settings.clockOffsetMs,
  }
  return state
}

/** Adds to a store of bounded size, forgetting the oldest. */
export function remember<Value>(store: Map<string, Value>, key: string, value: Value, limit = 2_000): void {
  store.set(key, value)
  for (const oldest of store.keys()) {
    if (store.size <= limit) break
    store.delete(oldest)
  }
}

/** Forgets scripts, or with `everything` also requests, bill, caches and stored objects. */
export function resetState(state: UpstreamState, everything: boolean): void {
  state.scripts.clear()
  if (!everything) return
  state.recording.clear()
  state.promptCache.clear()
  state.prefixCache.clear()
  state.threads.clear()
  state.responses.clear()
  state.claudeBatches.clear()
  state.openaiBatches.clear()
  state.files.clear()
}
