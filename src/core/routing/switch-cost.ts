/**
 * What a call, and the rest of its turn, would cost at a target, the cache counted:
 *
 *     now(m)  = warm(m) * read(m) + (context - warm(m)) * write(m) + E[output] * out(m)
 *     turn(m) = now(m) + H * ((context + H*g/2) * read(m) + g * write(m) + E[output] * out(m))
 *
 * in the target's own tokens, with price steps by prompt length integrated over the growth. It ranks nothing.
 */
import type { CacheCoverage } from '../pricing/baseline.ts'
import { ratesAt } from '../pricing/cost.ts'
import type { KnownPrice, TokenRates } from '../pricing/price-book.ts'
import type { CatalogModel } from './catalog.ts'

/** The call and what is expected of its turn. Tokens of the reference tokenizer. */
export interface TurnLoad {
  readonly contextTokens: number
  readonly staticTokens: number
  readonly expectedOutput: number
  /** g: tokens that a call adds. */
  readonly growthPerCall: number
  /** H: calls expected after this one in the turn; fractions are fine. */
  readonly iterationsLeft: number
  /** What the cache marks of the request cover, for models that need marks. */
  readonly coverage: CacheCoverage
  readonly lifetime: 'short' | 'long'
}

export interface SwitchCost {
  /** The prompt of this call alone, nano-dollars. */
  readonly promptNano: number
  /** This call. */
  readonly nowNano: number
  /** This call and the rest of the turn. */
  readonly turnNano: number
}

/**
 * The cost of `load` at a model that has `warmTokens` of the prompt cached (in its own tokens). Where nothing is cached
 * (no marks, or a prompt under the least length), every prompt token costs its input price, now and later.
 */
export function switchCost(model: CatalogModel, price: KnownPrice, warmTokens: number, load: TurnLoad): SwitchCost {
  const own = inOwnTokens(model, load)
  const rates = ratesAt(price, own.context)
  const promptNano = promptCost(own, Math.min(warmTokens, own.covered), rates)
  const nowNano = promptNano + own.output * rates.output
  return {
    promptNano: Math.round(promptNano),
    nowNano: Math.round(nowNano),
    turnNano: Math.round(nowNano + restOfTurn(own, price)),
  }
}

interface OwnLoad {
  readonly context: number
  /** Tokens of the prompt that the cache holds after this call. */
  readonly covered: number
  /** The covered part grows with the conversation. */
  readonly tail: boolean
  readonly output: number
  readonly growth: number
  readonly iterationsLeft: number
  readonly write: 'cacheWriteShort' | 'cacheWriteLong'
}

function inOwnTokens(model: CatalogModel, load: TurnLoad): OwnLoad {
  const ratio = model.tokenizerRatio
  const { caching, minCacheTokens } = model.capabilities
  const context = load.contextTokens * ratio
  const coverage = caching === 'automatic' ? 'tail' : caching === 'none' ? 'none' : load.coverage
  const wanted =
    coverage === 'tail' ? context : coverage === 'static' ? Math.min(context, load.staticTokens * ratio) : 0
  const covered = wanted < minCacheTokens ? 0 : wanted
  return {
    context,
    covered,
    tail: coverage === 'tail' && covered > 0,
    output: load.expectedOutput * ratio,
    growth: Math.max(0, load.growthPerCall * ratio),
    iterationsLeft: Math.max(0, load.iterationsLeft),
    write: caching === 'marked' && load.lifetime === 'long' ? 'cacheWriteLong' : 'cacheWriteShort',
  }
}

function promptCost(own: OwnLoad, warm: number, rates: TokenRates): number {
  return warm * rates.cacheRead + (own.covered - warm) * rates[own.write] + (own.context - own.covered) * rates.input
}

/** Integrates the later calls over the prompt's growth, one price step after the other. */
function restOfTurn(own: OwnLoad, price: KnownPrice): number {
  let cost = 0
  let from = 0
  for (const to of [...stepCrossings(own, price), own.iterationsLeft]) {
    const middle = own.context + (own.growth * (from + to)) / 2
    cost += (to - from) * laterCall(own, middle, ratesAt(price, middle))
    from = to
  }
  return cost
}

/** One later call whose prompt, before what it adds, is `prompt` tokens long. */
function laterCall(own: OwnLoad, prompt: number, rates: TokenRates): number {
  const answer = own.output * rates.output
  if (own.tail) return prompt * rates.cacheRead + own.growth * rates[own.write] + answer
  return own.covered * rates.cacheRead + (prompt + own.growth - own.covered) * rates.input + answer
}

/** At how many calls from now the growing prompt reaches each price step, within the turn. */
function stepCrossings(own: OwnLoad, price: KnownPrice): readonly number[] {
  if (own.growth === 0) return []
  return price.steps
    .map((step) => (step.abovePromptTokens - own.context) / own.growth)
    .filter((calls) => calls > 0 && calls < own.iterationsLeft)
}
