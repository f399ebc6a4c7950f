/**
 * What a model costs, and since when. Prices are integers of nano-dollars per token (1 USD per million tokens is 1,000).
 * A model without a price is `unpriced`, never free. It computes no bill: `cost.ts` does.
 */
import { GENERATED_PRICES } from './prices.generated.ts'
import { OWN_PRICES } from './prices-own.ts'

/** Nano-dollars per token of each kind. A model that bills no cache writes has its input price there. */
export interface TokenRates {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWriteShort: number
  readonly cacheWriteLong: number
  readonly output: number
}

/** Rates for the whole prompt once it is longer than `abovePromptTokens` (0 for the first step). */
export interface PriceStep {
  readonly abovePromptTokens: number
  readonly rates: TokenRates
}

/** The price in force from `fromAt` (ms; 0: always) until the next one. */
export interface DatedPrice {
  readonly fromAt: number
  /** Ascending, at least one, the first above 0 tokens. */
  readonly steps: readonly PriceStep[]
}

export type PriceSource = 'policy' | 'own' | 'genai-prices'

export interface KnownPrice {
  readonly status: 'priced'
  readonly source: PriceSource
  readonly steps: readonly PriceStep[]
}

/** `unpriced` alerts, and under a hard budget refuses. */
export type Price = KnownPrice | { readonly status: 'unpriced' }

/** Dated prices by target id (`provider/model`), ascending by date. */
export type PriceTable = Readonly<Record<string, readonly DatedPrice[]>>

export interface PriceBook {
  readonly overrides: PriceTable
}

export const UNPRICED: Price = { status: 'unpriced' }

/** A price book with a team's own prices in front of the shipped ones. */
export function buildPriceBook(overrides: PriceTable = {}): PriceBook {
  return { overrides }
}

/**
 * The price of a target (`provider/model`, exact id only) at a time (ms): the team's own, else the table kept by hand,
 * else the generated one. A team's price that is not yet in force leaves the shipped one standing.
 */
export function priceOf(book: PriceBook, target: string, at: number): Price {
  return (
    inForce(book.overrides, target, at, 'policy') ??
    inForce(OWN_PRICES, target, at, 'own') ??
    inForce(GENERATED_PRICES, target, at, 'genai-prices') ??
    UNPRICED
  )
}

function inForce(table: PriceTable, target: string, at: number, source: PriceSource): KnownPrice | null {
  const dated = Object.hasOwn(table, target) ? table[target] : undefined
  const current = dated?.findLast((price) => price.fromAt <= at)
  return current === undefined ? null : { status: 'priced', source, steps: current.steps }
}
