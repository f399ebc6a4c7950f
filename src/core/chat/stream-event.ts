/**
 * The events of a streamed answer, in words of no dialect. A part is begun, grows by deltas and ends; parts are numbered
 * in the order they begin. Parts may overlap until `sequenceParts` has put them one behind the other.
 */
import type { OwnPart, Seal, ToolName } from './chat-message.ts'
import type { Finish } from './finish.ts'
import type { ProviderError } from './provider-error.ts'
import type { Usage } from './usage.ts'

/** What is known of a part when it begins. */
export type OpeningPart =
  | { readonly type: 'text' | 'refusal' | 'reasoning' }
  | ({ readonly type: 'tool-call'; readonly id: string; readonly freeform: boolean } & ToolName)
  | OwnPart

export interface PartBegin {
  readonly type: 'part-begin'
  readonly index: number
  readonly part: OpeningPart
}

/** More of a part: text, or the next piece of a tool's input. */
export interface PartDelta {
  readonly type: 'part-delta'
  readonly index: number
  readonly text: string
}

export interface PartEnd {
  readonly type: 'part-end'
  readonly index: number
  /** Of reasoning, where the provider sealed it. */
  readonly seal: Seal | null
}

export type StreamEvent =
  /** First, and once. `usage`: what is known of the prompt already. */
  | { readonly type: 'start'; readonly id: string | null; readonly model: string | null; readonly usage: Usage | null }
  /** The provider is at work and has nothing to show. */
  | { readonly type: 'keep-alive' }
  | PartBegin
  | PartDelta
  | PartEnd
  /** Last, unless the stream fails. */
  | { readonly type: 'finish'; readonly finish: Finish; readonly usage: Usage | null }
  | { readonly type: 'error'; readonly error: ProviderError }
