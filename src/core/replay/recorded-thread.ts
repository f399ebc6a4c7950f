/**
 * One conversation as a log recorded it, ready to be replayed: its calls' sizes and times, what their work asked for, and
 * what they really cost. It holds no text.
 */
import type { Usage } from '../chat/usage.ts'
import type { CallWork } from './call-work.ts'
import type { TraceSession } from './trace.ts'

/** What a log tells of a call beside its sizes. Nano-dollars; null: not known. */
export interface RecordedCall {
  /** ms since the epoch; null where the log tells none. */
  readonly at: number | null
  /** Until the answer began, ms; null where the log tells none. */
  readonly firstByteMs: number | null
  readonly target: string
  readonly usage: Usage
  readonly costNano: number | null
  /** At the reference model of the top tier, of the middle tier, and at the model asked for. */
  readonly topNano: number | null
  readonly middleNano: number | null
  readonly requestedNano: number | null
  /** At the same target with the client's own cache marks. */
  readonly ownMarksNano: number | null
  readonly overheadNano: number | null
  /** The policy of the day left the call with the model it asked for. */
  readonly outOfScope: boolean
}

export interface RecordedThread {
  readonly trace: TraceSession
  /** Threads of one session are resampled together. */
  readonly sessionId: string
  readonly subagent: boolean
  /** What the calls' work asked for: one list, or one per draw where it is drawn. */
  readonly works: readonly (readonly CallWork[])[]
  /** One per call; empty where the log tells nothing but sizes. */
  readonly recorded: readonly RecordedCall[]
}

/** A log that cannot be read: the sentence names the place. */
export class UnreadableLog extends Error {
  override readonly name = 'UnreadableLog'
}
