/** What a day cost, and what it would have cost with every call at the top or in the middle, from the log alone. */
import { baselineCost, type CallToCompare, type PreviousCall } from '../../core/pricing/baseline.ts'
import { buildPriceBook, priceOf } from '../../core/pricing/price-book.ts'
import type { Usage } from '../../core/chat/usage.ts'
import { promptTokens } from '../../core/chat/usage.ts'
import { buildCatalog, findTarget, referenceTarget, type Catalog, type Target } from '../../core/routing/catalog.ts'
import { DEFAULT_POLICY_JSON, resolvePolicy } from '../../core/routing/policy.ts'
import type { LogRow } from './read-log.ts'

export interface DayBill {
  readonly costNano: number
  /** The log's own baseline: every call at the top tier, with the cache it would then have had. */
  readonly allTopNano: number
  /** The same at the middle tier's reference model, priced here from the log's tokens. */
  readonly allMiddleNano: number
  readonly top: Target
  readonly middle: Target
}

function usageOf(row: LogRow): Usage {
  return {
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteShortTokens: row.cache_write_short_tokens,
    cacheWriteLongTokens: row.cache_write_long_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
  }
}

function known<T>(value: T | null, what: string): T {
  if (value === null) throw new Error(`${what} has no price, so the day has no bill.`)
  return value
}

/** The calls of each thread at one target, each with the cache its predecessor would have left there. */
function costAtTarget(rows: readonly LogRow[], target: Target, catalog: Catalog): number {
  const previous = new Map<string, PreviousCall>()
  let total = 0
  for (const row of rows.toSorted((a, b) => a.at - b.at)) {
    const usage = usageOf(row)
    const servedRatio = findTarget(catalog, row.target)?.model.tokenizerRatio ?? 1
    const call: CallToCompare = {
      beganAt: row.at,
      usage,
      servedRatio,
      previous: previous.get(row.thread_id) ?? null,
      // The requests of the day mark their newest message, so the whole prompt is covered.
      staticTokens: 0,
      staticSeen: false,
      coverage: 'tail',
      lifetime: 'short',
    }
    total += known(baselineCost(call, target.model, priceOf(buildPriceBook(), target.id, row.at)), target.id)
    previous.set(row.thread_id, { beganAt: row.at, promptTokens: promptTokens(usage) / servedRatio })
  }
  return total
}

/** @throws Error when a call or a baseline is unpriced */
export function billOf(rows: readonly LogRow[]): DayBill {
  const catalog = buildCatalog(resolvePolicy(DEFAULT_POLICY_JSON).catalog)
  const top = known(referenceTarget(catalog, 3), 'the top tier')
  const middle = known(referenceTarget(catalog, 2), 'the middle tier')
  const sum = (pick: (row: LogRow) => number | null): number =>
    rows.reduce((total, row) => total + known(pick(row), row.target), 0)
  return {
    costNano: sum((row) => row.cost_nano),
    allTopNano: sum((row) => row.baseline_nano),
    allMiddleNano: costAtTarget(rows, middle, catalog),
    top,
    middle,
  }
}
