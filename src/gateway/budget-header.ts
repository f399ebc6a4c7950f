/**
 * The budget that had no room for a call, as a header beside the words of its refusal: for scripts, and for whoever checks
 * the arithmetic (spent + held + needed > limit). A dictionary of RFC 9651, its money in nano-dollars.
 */
import type { GatewayError } from '../core/gateway-error.ts'

/** No header where no budget refused. */
export function budgetHeader({ budget }: GatewayError): Record<string, string> {
  if (budget === null) return {}
  const { budgetId, spentNano, reservedNano, neededNano, limitNano, callsInFlight } = budget
  const numbers = { spent: spentNano, held: reservedNano, needed: neededNano, limit: limitNano, calls: callsInFlight }
  const members = Object.entries(numbers).map(([name, value]) => `${name}=${value}`)
  // An id may hold any letters, a header may not.
  return { 'x-headgate-budget': [`id="${encodeURIComponent(budgetId.toWellFormed())}"`, ...members].join(', ') }
}
