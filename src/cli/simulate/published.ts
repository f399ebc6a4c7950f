/**
 * What has been published about a working day of 200 calls, beside what comes out here, and why where it differs. The
 * ranges are from comparisons made with Opus 4.6, Sonnet 4.6 and Haiku 4.5 at 60 / 25 / 15.
 */
import type { DayBills, DayShape } from '../../core/replay/working-day.ts'
import type { ServingTarget } from '../../core/replay/serving-target.ts'
import { ratesAt } from '../../core/pricing/cost.ts'

export type RowName = 'allTop' | 'allMiddle' | 'routed' | 'cached' | 'batched'

interface Range {
  readonly least: number
  readonly most: number
}

interface Published {
  /** USD of a working day of 200 calls. */
  readonly usd: Range | null
  /** Saved against all-top; of the work that can wait, for the batch. */
  readonly saved: Range | null
}

const CALLS = 200

const PUBLISHED: Readonly<Record<RowName, Published>> = {
  allTop: { usd: { least: 15, most: 30 }, saved: null },
  allMiddle: { usd: { least: 8, most: 15 }, saved: null },
  routed: { usd: { least: 3.6, most: 7.2 }, saved: { least: 0.4, most: 0.6 } },
  cached: { usd: null, saved: { least: 0.6, most: 0.75 } },
  batched: { usd: null, saved: { least: 0.75, most: 0.95 } },
}

export interface DayRow {
  readonly name: RowName
  readonly title: string
  /** USD of one developer's day. */
  readonly usd: number
  /** Against all-top. */
  readonly saved: number
  /** For the batch: of the work that can wait. Null: none can. */
  readonly savedOfWaiting: number | null
  /** USD, scaled to this day's number of calls. */
  readonly publishedUsd: Range | null
  readonly publishedSaved: Range | null
  /** Where it falls outside; empty: inside, or nothing is published. */
  readonly why: readonly string[]
}

export interface DayContext {
  readonly shape: DayShape
  readonly bills: DayBills
  readonly targets: Readonly<Record<1 | 2 | 3, ServingTarget>>
}

const NANO = 1e9

/** The rows of a day, each beside what is published. */
export function dayRows(context: DayContext): readonly DayRow[] {
  const { bills } = context
  const rows: readonly (readonly [RowName, string, number])[] = [
    ['allTop', `all ${name(context, 3)}`, bills.allTop],
    ['allMiddle', `all ${name(context, 2)}`, bills.allMiddle],
    ['routed', 'routed by tier', bills.routed],
    ['cached', '+ prompt caching', bills.cached],
    ['batched', '+ batch', bills.batched],
  ]
  return rows.map(([row, title, nano]) => dayRow({ row, title, nano }, context))
}

interface BareRow {
  readonly row: RowName
  readonly title: string
  readonly nano: number
}

function dayRow({ row, title, nano }: BareRow, context: DayContext): DayRow {
  const { bills, shape } = context
  const saved = 1 - nano / bills.allTop
  const savedOfWaiting = row === 'batched' && bills.waitingTop > 0 ? 1 - bills.waitingBatched / bills.waitingTop : null
  const { usd, saved: publishedSaved } = PUBLISHED[row]
  const scale = shape.calls / CALLS
  const publishedUsd = usd === null ? null : { least: usd.least * scale, most: usd.most * scale }
  const compared = row === 'batched' ? savedOfWaiting : saved
  return {
    name: row,
    title,
    usd: nano / NANO,
    saved,
    savedOfWaiting,
    publishedUsd,
    publishedSaved,
    why: [
      ...(publishedUsd === null ? [] : whyCost(row, nano / NANO, { range: publishedUsd, context })),
      ...(publishedSaved === null || compared === null
        ? []
        : whySaved(row, compared, { range: publishedSaved, context })),
    ],
  }
}

interface Judged {
  readonly range: Range
  readonly context: DayContext
}

function side(value: number, { least, most }: Range): 'above' | 'below' | null {
  return value > most ? 'above' : value < least ? 'below' : null
}

function whyCost(row: RowName, usd: number, { range, context }: Judged): readonly string[] {
  const where = side(usd, range)
  if (where === null) return []
  const { shape } = context
  const tier = row === 'allMiddle' ? 2 : 3
  const fits = [range.least, range.most].map((bound) => promptAt(bound / shape.calls, context, tier))
  const [least = 0, most = 0] = fits
  const words =
    `the mean prompt is ${tokens(meanPrompt(shape))} tokens and the mean answer ${tokens(shape.outputTokens)}` +
    (row === 'routed'
      ? ''
      : `; the range is that of prompts of ${tokens(least)} to ${tokens(most)} tokens with such answers`)
  return [`$${usd.toFixed(2)} is ${where} $${range.least.toFixed(2)}-${range.most.toFixed(2)}: ${words}.`]
}

function whySaved(row: RowName, saved: number, { range, context }: Judged): readonly string[] {
  const where = side(saved, range)
  if (where === null) return []
  const whole = `${percent(saved)} saved is ${where} ${percent(range.least)}-${percent(range.most)}`
  return [`${whole}: ${reasonOf(row, context)}.`]
}

function reasonOf(row: RowName, context: DayContext): string {
  const { bills, shape } = context
  const cheap = priceShare(context, 1)
  const middle = priceShare(context, 2)
  const hard = 1 - shape.shares.easy - shape.shares.medium
  const byPrice = 1 - (shape.shares.easy * cheap + shape.shares.medium * middle + hard)
  const prices =
    `a call costs ${percent(cheap)} of the top tier's price in tier 1 and ${percent(middle)} in tier 2, so that this mix ` +
    `saves ${percent(byPrice)} by price alone`
  if (row === 'routed') return prices
  const caching = `${percent(bills.cacheShare)} of the prompt tokens are read from caches`
  if (row === 'cached') {
    const own = 1 - bills.allTopCached / bills.allTop
    return `${prices}, and ${caching}, which alone would save ${percent(own)} at the top tier`
  }
  return `a batch halves what routing and caching leave, and those leave ${percent(bills.cached / bills.allTop)}`
}

/** The prompt's length at which a call costs so much, without cache. */
function promptAt(usd: number, { shape, targets }: DayContext, tier: 2 | 3): number {
  const target = targets[tier]
  const rates = ratesAt(target.price, shape.firstPromptTokens * target.tokenizerRatio)
  const answer = shape.outputTokens * target.tokenizerRatio * rates.output
  return Math.max(0, (usd * NANO - answer) / (rates.input * target.tokenizerRatio))
}

/** What a call of this day costs in a tier, as a share of the top tier, without cache. */
function priceShare({ shape, targets }: DayContext, tier: 1 | 2): number {
  const cost = (target: ServingTarget): number => {
    const prompt = meanPrompt(shape) * target.tokenizerRatio
    const rates = ratesAt(target.price, prompt)
    return prompt * rates.input + shape.outputTokens * target.tokenizerRatio * rates.output
  }
  return cost(targets[tier]) / cost(targets[3])
}

function meanPrompt({ calls, conversations, firstPromptTokens, growthTokens }: DayShape): number {
  return firstPromptTokens + ((calls / conversations - 1) / 2) * growthTokens
}

function name({ targets }: DayContext, tier: 2 | 3): string {
  return targets[tier].id.replace(/^[^/]+\//, '')
}

function tokens(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`
}
