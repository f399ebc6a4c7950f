/**
 * Whether a model may produce output that nobody sees while it does: thinking that is not shown, or shown only as a
 * summary of its own length, and reasoning. A running count of it, where a provider offers one, is told to be coarse.
 */
import type { RequestNeeds } from '../dialects/request-scan.ts'
import type { ModelCapabilities } from './capabilities.ts'

export function mayProduceUnseen(
  { thinking, efforts, thinksByDefault }: ModelCapabilities,
  needs: Pick<RequestNeeds, 'thinking' | 'effort'>,
): boolean {
  const askedOff = needs.thinking?.kind === 'disabled' || needs.effort === 'none'
  if (askedOff && (thinking.includes('disabled') || efforts.includes('none'))) return false
  if (thinksByDefault) return true
  const asked = !askedOff && (needs.thinking !== null || needs.effort !== null)
  return asked && (thinking.length > 0 || efforts.length > 0)
}
