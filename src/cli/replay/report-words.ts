/** How the numbers of a replay are written, in the table and on the page alike. */
import type { RatioEstimate } from '../../core/replay/bootstrap.ts'
import type { ScopeRow } from '../../core/replay/replay-groups.ts'
import type { RecordedRow, ReplayReport, ThreadKind } from '../../core/replay/replay-report.ts'

const NANO = 1e9

/** Nano-dollars as dollars: whole ones from 100 up, cents from 1 up, else four decimals. */
export function dollars(nano: number): string {
  const usd = nano / NANO
  if (usd === 0) return '0'
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

export function inexactNotes({ inexact }: ReplayReport): readonly string[] {
  return inexact === 0
    ? []
    : [`the best possible of ${count(inexact)} threads is sought among the likeliest choices only`]
}

/** How far a replayed bill can be held against the log's own: calls that went elsewhere cost what another model costs. */
export function loggedSentences({ calls, tables }: ReplayReport): readonly string[] {
  return (tables[0]?.rows ?? []).flatMap(({ name, asLogged }) =>
    asLogged === null
      ? []
      : [
          `${name}: ${count(asLogged.calls)} of ${count(calls)} calls go where the log has them, for ` +
            `${dollars(asLogged.costNano)} USD (${dollars(asLogged.recordedNano)} in the log)`,
        ],
  )
}

export function controlSentence({ name, savedAgainstControl }: ScopeRow): string {
  return `${name}: routing saved ${percentWithin(savedAgainstControl)} against the control group`
}

export const RECORDED_HEAD: readonly string[] = ['against', 'calls', 'cost USD', 'baseline USD', 'saved']

/** What the log says each baseline would have cost; those of which it tells nothing are left out. */
export function recordedRows({ baselines }: RecordedRow): readonly (readonly string[])[] {
  const against = (name: string, { calls, costNano, baselineNano }: RecordedRow['baselines']['top']) => [
    name,
    count(calls),
    dollars(costNano),
    dollars(baselineNano),
    baselineNano === 0 ? '' : percent(1 - costNano / baselineNano),
  ]
  return [
    against('the top tier', baselines.top),
    ...(baselines.middle.calls === 0 ? [] : [against('the middle tier', baselines.middle)]),
    ...(baselines.requested.calls === 0 ? [] : [against('the model asked for', baselines.requested)]),
  ]
}

export function savingsSentence({ savings }: RecordedRow): string {
  return (
    `of it by routing ${dollars(savings.routingNano)}, by caching ${dollars(savings.cachingNano)}, ` +
    `by batch ${dollars(savings.batchNano)}; net of the gateway's own costs ${dollars(savings.netNano)} USD`
  )
}
