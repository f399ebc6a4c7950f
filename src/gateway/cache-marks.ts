/** What a client's own cache marks cover, as routing and baselines count it. */
import type { RequestScan } from '../core/dialects/request-scan.ts'
import type { CacheCoverage } from '../core/pricing/baseline.ts'

export function cacheCoverage(scan: RequestScan): CacheCoverage {
  if (scan.tailMarked) return 'tail'
  return scan.cacheMarks > 0 ? 'static' : 'none'
}

export function cacheLifetime(scan: RequestScan): 'short' | 'long' {
  return scan.longLivedMarks ? 'long' : 'short'
}
