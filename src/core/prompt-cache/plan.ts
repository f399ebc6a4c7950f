/**
 * Plans how a request uses its target's prompt cache: marks for caches that need them, fields for those that work by
 * themselves, nothing where it would not pay or where the client has seen to it. The plan is byte edits over the
 * client's body and the words for the decision record.
 */
import type { DialectName } from '../dialects/dialect.ts'
import type { Edit } from '../dialects/passthrough.ts'
import type { RequestScan } from '../dialects/request-scan.ts'
import type { CacheCoverage } from '../pricing/baseline.ts'
import type { ModelCapabilities } from '../routing/capabilities.ts'
import { MOST_MARKS, planBreakpoints, type BreakpointInput } from './breakpoints.ts'
import { planCacheFields } from './cache-fields.ts'

export interface CachePlanInput extends Omit<BreakpointInput, 'minCacheTokens'> {
  readonly capabilities: ModelCapabilities
  readonly cacheKey: string
  readonly once: boolean
}

export interface CachePlan {
  readonly edits: readonly Edit[]
  /** Such as `cache:tail+system`; empty where nothing is planned. */
  readonly adaptations: readonly string[]
  /** What the client's own marks and the planned ones cover together. */
  readonly coverage: CacheCoverage
  /** The provider is told to keep nothing of this prompt. */
  readonly unwritten: boolean
}

/** Dialects whose requests carry cache marks in their blocks. */
const MARKED_DIALECTS: ReadonlySet<DialectName> = new Set(['anthropic-messages'])

/** The plan for one request and target; see `CachePlan`. */
export function planPromptCache(input: CachePlanInput): CachePlan {
  const { scan, capabilities, lifetime, once } = input
  const coverage = ownCoverage(scan)
  if (capabilities.caching === 'marked' && MARKED_DIALECTS.has(scan.dialect) && !once) {
    return markPlan(input, coverage)
  }
  if (capabilities.caching === 'automatic' && capabilities.cacheFields !== undefined) {
    const { edits, names } = planCacheFields({ ...input, fields: capabilities.cacheFields, lifetime })
    const adaptations = names.length === 0 ? [] : [`cache:${names.join('+')}`]
    return { edits, adaptations, coverage, unwritten: names.includes('unwritten') }
  }
  return { edits: [], adaptations: [], coverage, unwritten: false }
}

function markPlan(input: CachePlanInput, coverage: CacheCoverage): CachePlan {
  const marks = planBreakpoints({ ...input, minCacheTokens: input.capabilities.minCacheTokens })
  if (marks.length === 0) return { edits: [], adaptations: [], coverage, unwritten: false }
  const long = marks.every(({ lifetime }) => lifetime === 'long')
  const names = marks.map(({ place }) => place)
  return {
    edits: marks.flatMap(({ edits }) => edits),
    adaptations: [`cache:${names.join('+')}${long ? ':1h' : ''}`],
    coverage: names.includes('tail') ? 'tail' : coverage === 'none' ? 'static' : coverage,
    unwritten: false,
  }
}

/** What a client's own marks cover. */
export function ownCoverage(scan: RequestScan): CacheCoverage {
  if (scan.tailMarked) return 'tail'
  return scan.cacheMarks > 0 ? 'static' : 'none'
}

/**
 * What will be covered, as far as it can be told before the target is known: routing weighs its targets by it. A request
 * of another dialect is marked too once it is written for a model that needs marks; a model whose least length the
 * prompt does not reach caches nothing, whatever is covered.
 */
export function expectedCoverage(scan: RequestScan, planned: boolean): CacheCoverage {
  return planned && scan.cacheMarks < MOST_MARKS ? 'tail' : ownCoverage(scan)
}

/**
 * Whether nobody will ask for this prompt again: an agent's own small call, or a first question without tools. Writing
 * its cache would cost a quarter more and be read by no one.
 */
export function isAskedOnce(scan: RequestScan, utility: boolean): boolean {
  return utility || (scan.toolNames.length === 0 && scan.lastAssistant < 0)
}
