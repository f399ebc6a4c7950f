/** How a call uses its target's prompt cache: as the client's own marks ask for, and with what is planned on top. */
import type { RequestScan } from '../core/dialects/request-scan.ts'
import type { CacheCoverage } from '../core/pricing/baseline.ts'
import type { LifetimeWish } from '../core/prompt-cache/lifetime.ts'
import { NO_GAPS, STARTING_GAPS } from '../core/prompt-cache/gaps.ts'
import { expectedCoverage, isAskedOnce } from '../core/prompt-cache/plan.ts'
import type { AdmittedCall } from './admit-call.ts'
import type { ReadCall } from './read-call.ts'

/** The lifetime the client's own marks ask for. */
export function cacheLifetime(scan: RequestScan): 'short' | 'long' {
  return scan.longLivedMarks ? 'long' : 'short'
}

export interface CacheWish {
  readonly planned: boolean
  /** Nobody will ask for this prompt again. */
  readonly once: boolean
  readonly coverage: CacheCoverage
  readonly lifetime: LifetimeWish
}

/** How the call shall use its target's cache, before the target is known. */
export function cacheWish({ scan, reading }: ReadCall, { session, team }: AdmittedCall): CacheWish {
  const { plan, lifetime } = team.policy.promptCaching
  const once = isAskedOnce(scan, reading.utility !== null)
  const coverage = expectedCoverage(scan, plan && !once)
  // Behind a client's own five minutes nothing may live for an hour.
  const settled = !plan || scan.tailMarked || (scan.cacheMarks > 0 && !scan.longLivedMarks)
  if (settled) return { planned: plan, once, coverage, lifetime: cacheLifetime(scan) }
  // A person's pauses lie between the calls of a conversation, never inside of a sub-agent's.
  const attended = !reading.subagent && reading.interactive !== false
  const odds = {
    seen: reading.subagent ? NO_GAPS : (session.gaps ?? NO_GAPS),
    expected: STARTING_GAPS[attended ? 'attended' : 'unattended'],
    longLost: session.longCacheLost === true,
  }
  return { planned: plan, once, coverage, lifetime: lifetime === 'auto' ? odds : lifetime }
}
