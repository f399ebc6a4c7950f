/**
 * The `anthropic-beta` header for a model that rejects some betas its provider knows. A beta nobody here has heard of
 * passes. See https://platform.claude.com/docs/en/api/beta-headers.
 */
import type { ModelCapabilities } from '../../routing/capabilities.ts'

/** A beta's name without its date: `effort-2025-11-24` is `effort`. */
function betaName(beta: string): string {
  return beta.replace(/-\d{4}-\d{2}-\d{2}$/, '')
}

export interface BetaSplit {
  readonly kept: readonly string[]
  /** Names without dates, in the header's order. */
  readonly dropped: readonly string[]
}

/** Splits the header's value (comma-separated) by what the model takes. */
export function splitBetas(header: string | undefined, capabilities: ModelCapabilities): BetaSplit {
  const kept: string[] = []
  const dropped: string[] = []
  for (const part of (header ?? '').split(',')) {
    const beta = part.trim()
    if (beta === '') continue
    if (isRejectedBeta(betaName(beta), capabilities)) dropped.push(betaName(beta))
    else kept.push(beta)
  }
  return { kept, dropped }
}

/** By name without date. Without effort levels the beta that introduced them is rejected too. */
export function isRejectedBeta(name: string, capabilities: ModelCapabilities): boolean {
  return capabilities.rejectedBetas.includes(name) || (name === 'effort' && capabilities.efforts.length === 0)
}
