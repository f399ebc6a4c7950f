/** How the numbers of a replay are written, in the table and on the page alike. */
import type { RatioEstimate } from '../../core/replay/bootstrap.ts'
import type { ThreadKind } from '../../core/replay/replay-report.ts'

const NANO = 1e9

/** Nano-dollars as dollars: whole ones from 100 up, cents from 1 up, else four decimals. */
export function dollars(nano: number): string {
  const usd = nano / NANO
  const digits = Math.abs(usd) >= 100 ? 0 : Math.abs(usd) >= 1 ? 2 : 4
  return usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}%` : '-'
}

/** `66.2% (64.3-68.2)`. */
export function percentWithin({ ratio, interval: [low, high] }: RatioEstimate): string {
  if (!Number.isFinite(ratio)) return '-'
  return `${percent(ratio)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`
}

/** `1.028 (1.023-1.033)`. */
export function ratioWithin({ ratio, interval: [low, high] }: RatioEstimate): string {
  if (!Number.isFinite(ratio)) return '-'
  return `${ratio.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export const KIND_TITLES: Readonly<Record<ThreadKind, string>> = {
  all: 'All calls',
  main: 'Main loops alone',
  subagents: 'Sub-agents alone',
}
