/**
 * Whether a stream that has begun still lives, judged by what was seen of it at two looks. A provider that keeps its line
 * open after the end of its answer, or falls silent in the middle, must not keep a call open for ever: nobody else ends
 * it where the client has hung up and the runtime was not told. It knows no clock and ends nothing by itself.
 */
import type { StreamReading } from './stream-reading.ts'
import { toldOutput } from './usage-meter.ts'

/** After the answer's end, so long without more output, it is settled. */
const SETTLED_AFTER_MS = 1_000
/** And so long after it the line is ended, where the provider has not done so. */
const ENDED_AFTER_MS = 10_000

export interface SeenOfStream {
  /** Pieces of any kind until now, pings and comments among them. */
  readonly pieces: number
  /** null: an answer that comes whole. */
  readonly reading: StreamReading | null
}

export interface StreamLife {
  readonly seen: SeenOfStream
  /** When something that counts was seen last; ms since epoch. */
  readonly livedAt: number
}

/**
 * `settle`: the provider's last word on its usage is there, more may still pass. `end`: nothing is to be expected any
 * more, the line is to be ended.
 */
export type LifeStep = 'none' | 'settle' | 'end'

/**
 * Looks again at `now` (ms since epoch). Until the answer's end was read any byte is a sign of life, and the stream may be
 * silent for `silenceMs`. After it only output is: a server may still write pings, or choices of which one has ended.
 */
export function lookAtStream(
  before: StreamLife,
  seen: SeenOfStream,
  { silenceMs, now }: { readonly silenceMs: number; readonly now: number },
): { readonly life: StreamLife; readonly step: LifeStep } {
  const whole = isWhole(seen)
  const lived = whole
    ? !isWhole(before.seen) || outputBytes(seen) > outputBytes(before.seen)
    : seen.pieces > before.seen.pieces
  const livedAt = lived ? now : before.livedAt
  const quietMs = now - livedAt
  const life = { seen, livedAt }
  if (quietMs >= (whole ? Math.min(ENDED_AFTER_MS, silenceMs) : silenceMs)) return { life, step: 'end' }
  const told = whole && seen.reading !== null && toldOutput(seen.reading) && quietMs >= SETTLED_AFTER_MS
  return { life, step: told ? 'settle' : 'none' }
}

/** The end of the answer was read. */
export function isWhole({ reading }: SeenOfStream): boolean {
  return reading !== null && reading.ending !== 'cut'
}

function outputBytes({ reading }: SeenOfStream): number {
  return reading?.outputBytes ?? 0
}
