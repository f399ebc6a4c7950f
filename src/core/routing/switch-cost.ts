/**
 * What a call, and the rest of its turn, would cost at a target, the cache counted:
 *
 *     now(m)  = warm(m) * read(m) + (context - warm(m)) * write(m) + E[output] * out(m)
 *     turn(m) = now(m) + H * ((context + H*g/2) * read(m) + g * write(m) + E[output] * out(m))
 *
 * in the target's own tokens, with price steps by prompt length integrated over the growth. It ranks nothing.
 */
import type { CacheCoverage } from '../pricing/baseline.ts'
import { chooseLifetime, type LifetimeWish } from '../prompt-cache/lifetime.ts'
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
  /** Settled by the client's own marks, or to be chosen for each target by what it has cached. */
  readonly lifetime: LifetimeWish
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
  const warm = Math.min(warmTokens, own.covered)
  const promptNano = promptCost(own, warm, { rates, write: writeRate(model, rates, { own, warm, load }) })
  const nowNano = promptNano + own.output * rates.output
  return {
    promptNano: Math.round(promptNano),
    nowNano: Math.round(nowNano),
    turnNano: Math.round(
      nowNano +
        restOfTurn(own, price, (prompt, stepRates) => {
          const later = { ...own, covered: prompt + own.growth, context: prompt + own.growth }
          return writeRate(model, stepRates, { own: later, warm: prompt, load })
        }),
    ),
  }
}

interface Writing {
  readonly own: OwnLoad
  readonly warm: number
  readonly load: TurnLoad
}

/** The price of a written token, by the lifetime that the call would ask for. */
function writeRate(model: CatalogModel, rates: TokenRates, { own, warm, load }: Writing): number {
  const { caching, cacheFields } = model.capabilities
  const choosable = caching === 'marked' || cacheFields?.includes('prompt_cache_options') === true
  if (!choosable) return rates.cacheWriteShort
  const written = { caching, rates, promptTokens: own.context, warmTokens: warm }
  return chooseLifetime(load.lifetime, written) === 'long' ? rates.cacheWriteLong : rates.cacheWriteShort
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
  }
}

function promptCost(
  own: OwnLoad,
  warm: number,
  { rates, write }: { readonly rates: TokenRates; readonly write: number },
): number {
  return warm * rates.cacheRead + (own.covered - warm) * write + (own.context - own.covered) * rates.input
}

/** The write price of a later call whose prompt, before what it adds, is so long. */
type WriteAt = (prompt: number, rates: TokenRates) => number

/** Integrates the later calls over the prompt's growth, one price step after the other. */
function restOfTurn(own: OwnLoad, price: KnownPrice, writeAt: WriteAt): number {
  let cost = 0
  let from = 0
  for (const to of [...stepCrossings(own, price), own.iterationsLeft]) {
    const middle = own.context + (own.growth * (from + to)) / 2
    const rates = ratesAt(price, middle)
    cost += (to - from) * laterCall(own, middle, { rates, write: writeAt(middle, rates) })
    from = to
  }
  return cost
}

/** One later call whose prompt, before what it adds, is `prompt` tokens long. */
function laterCall(
  own: OwnLoad,
  prompt: number,
  { rates, write }: { readonly rates: TokenRates; readonly write: number },
): number {
  const answer = own.output * rates.output
  if (own.tail) return prompt * rates.cacheRead + own.growth * write + answer
  return own.covered * rates.cacheRead + (prompt + own.growth - own.covered) * rates.input + answer
}

/** At how many calls from now the growing prompt reaches each price step, within the turn. */
function stepCrossings(own: OwnLoad, price: KnownPrice): readonly number[] {
  if (own.growth === 0) return []
  return price.steps
    .map((step) => (step.abovePromptTokens - own.context) / own.growth)
    .filter((calls) => calls > 0 && calls < own.iterationsLeft)
}
