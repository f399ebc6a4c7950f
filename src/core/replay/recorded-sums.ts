/**
 * What the calls of a thread really cost, and what the log says they would have cost. It takes no call as free: a thread
 * with a call of unknown cost has no sum.
 */
import { promptTokens } from '../chat/usage.ts'
import { savingsOf, type Savings } from '../pricing/savings.ts'
import type { RecordedCall } from './recorded-thread.ts'

/** Sums over calls whose log tells both sides. Nano-dollars. */
export interface Compared {
  readonly calls: number
  readonly costNano: number
  readonly baselineNano: number
}

export interface RecordedSums {
  readonly costNano: number
  readonly promptTokens: number
  readonly cacheReadTokens: number
  readonly switches: number
  /** Against each baseline that the log holds. */
  readonly baselines: Readonly<Record<'top' | 'middle' | 'requested', Compared>>
  /** Against the top tier, over the calls whose log tells all of it. */
  readonly savings: Savings
  /** Against the top tier: the calls that were routed, and those left with the model they asked for. */
  readonly scope: Readonly<Record<'routed' | 'control', Compared>>
}

/** Null: no call, or one whose cost is not known. */
export function recordedSums(calls: readonly RecordedCall[]): RecordedSums | null {
  if (calls.length === 0 || calls.some(({ costNano }) => costNano === null)) return null
  return {
    costNano: sum(calls.map(({ costNano }) => costNano ?? 0)),
    promptTokens: sum(calls.map(({ usage }) => promptTokens(usage))),
    cacheReadTokens: sum(calls.map(({ usage }) => usage.cacheReadTokens)),
    switches: calls.filter((call, index) => index > 0 && call.target !== calls[index - 1]?.target).length,
    baselines: {
      top: compared(calls, ({ topNano }) => topNano),
      middle: compared(calls, ({ middleNano }) => middleNano),
      requested: compared(calls, ({ requestedNano }) => requestedNano),
    },
    savings: savings(calls),
    scope: {
      routed: compared(
        calls.filter(({ outOfScope }) => !outOfScope),
        ({ topNano }) => topNano,
      ),
      control: compared(
        calls.filter(({ outOfScope }) => outOfScope),
        ({ topNano }) => topNano,
      ),
    },
  }
}

function compared(calls: readonly RecordedCall[], baselineOf: (call: RecordedCall) => number | null): Compared {
  const known = calls.filter((call) => baselineOf(call) !== null)
  return {
    calls: known.length,
    costNano: sum(known.map(({ costNano }) => costNano ?? 0)),
    baselineNano: sum(known.map((call) => baselineOf(call) ?? 0)),
  }
}

const NOTHING_SAVED: Savings = { routingNano: 0, cachingNano: 0, batchNano: 0, netNano: 0 }

function savings(calls: readonly RecordedCall[]): Savings {
  return calls.reduce((total, { costNano, topNano, ownMarksNano, overheadNano }) => {
    if (costNano === null || topNano === null || ownMarksNano === null) return total
    const overhead = overheadNano ?? 0
    // The log has no batches: what was billed is the interactive price.
    const servedNano = costNano - overhead
    const own = savingsOf({
      baselineNano: topNano,
      servedPlainNano: ownMarksNano,
      servedNano,
      billedNano: servedNano,
      overheadNano: overhead,
    })
    return {
      routingNano: total.routingNano + own.routingNano,
      cachingNano: total.cachingNano + own.cachingNano,
      batchNano: total.batchNano + own.batchNano,
      netNano: total.netNano + own.netNano,
    }
  }, NOTHING_SAVED)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
