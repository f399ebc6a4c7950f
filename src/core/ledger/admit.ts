/**
 * Admission: who calls, what the budgets afford, and a hold on the 95th percentile of what such a call costs. A refusal
 * holds nothing, and only the first one of a budget's window writes, that it is told: a storm of retries is answered from
 * memory. What a hard budget decides it decides by a quote of the newest policy alone.
 */
import type {
  BudgetRefusal,
  AdmitAnswer,
  AdmitRequest,
  Brought,
  IdentifyAnswer,
  IdentifyRequest,
  KeyIdentity,
  KeyRefusal,
  Quote,
  StoredOverride,
} from './admission.ts'
import type { Room } from './budget.ts'
import { refusalFor } from './budget.ts'
import { hold, isNano, isSessionName, roomsOf, scopesOf, tokenOf } from './calls.ts'
import { capNotice } from './cap-notice.ts'
import { cooldownsFor } from './cooldowns.ts'
import { heldTokens, renewHeir, sessionNamed } from './heirs.ts'
import { rateRefusal, rateStandingOf, takeRate } from './rate-control.ts'
import { countRefusal } from './refusals.ts'
import { tellingTo } from './telling.ts'
import { kindOfQuote, quantileNano } from './learned-cost.ts'
import type { Ledger, LedgerKey, LedgerWrite, OpenCall } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'
import type { Tier } from '../tasks/task-types.ts'

const TIERS: readonly Tier[] = [1, 2, 3]
/** A million dollars for one call. */
const UNAFFORDABLE_NANO = 1e15

/**
 * Output that nobody sees is held in its worst case, but never more than a share of what the tightest cap leaves: an
 * eighth for a call alone, less for each call in flight. Its limit is lowered to what is held. So many such calls find
 * room beside each other under a small cap, and none is limited far from it.
 */
const UNSEEN_SHARES = 8

/** What a call must hold if it may go up to a tier. */
interface Hold {
  readonly tier: Tier
  readonly amountNano: number
  /** What such calls cost. */
  readonly usualNano: number
  readonly guardNano: number
}

/** Decides one admission. `now` in milliseconds since epoch; money in nano-dollars. */
export function admit(
  ledger: Ledger,
  request: AdmitRequest,
  now: number,
): { answer: AdmitAnswer; writes: LedgerWrite[] } {
  const key = findKey(ledger, request.keyHash, now)
  if ('code' in key) return { answer: { admitted: false, refusal: key }, writes: [] }
  if (isClosed(ledger, request.requestId)) {
    return { answer: { admitted: false, refusal: { code: 'duplicate_request' } }, writes: [] }
  }
  const told = isSessionName(request.session ?? null) ? (request.session ?? null) : null
  const session = told === null ? null : sessionNamed(ledger, told)
  const left = roomsOf(ledger, scopesOf(ledger, { keyId: key.keyId, session }), now)
  const brought = broughtTo(ledger, key, request)
  const repeated = ledger.open.get(request.requestId)
  if (repeated === undefined && left.length > 0 && (brought.policy !== null || brought.override !== null)) {
    return { answer: { admitted: false, refusal: { code: 'old_policy' }, ...brought }, writes: [] }
  }
  const holds = holdsFor(ledger, key, { quote: request.quote, leftNano: left[0]?.leftNano ?? null })
  const chosen = repeated === undefined ? dearestThatFits(holds, left) : (holds.at(-1) ?? null)
  if (chosen === null) {
    const refusal = refuse(ledger, { key, holds, left, now })
    const room = left.find(({ budget }) => budget.id === refusal.budgetId)
    if (room === undefined) throw new Error('a budget refused a call that it is not over')
    countRefusal(ledger, room, now)
    const final = refusal.code === 'budget_exceeded'
    const writes = final ? capNotice(ledger, { room, usedNano: room.spentNano }, now) : []
    return { answer: { admitted: false, refusal }, writes }
  }
  // After the budgets: where one is reached for good, waiting for a rate is in vain.
  const rateLimited = repeated === undefined ? rateRefusal(ledger, key, now) : null
  if (rateLimited !== null) return { answer: { admitted: false, refusal: rateLimited }, writes: [] }
  const call = repeated ?? openCall(ledger, { request, key, session, chosen, now })
  if (repeated === undefined) takeRate(ledger, key, call, now)
  const headroomNano = left[0] === undefined ? null : Math.max(0, left[0].leftNano) + (repeated?.amountNano ?? 0)
  const writes = repeated === undefined ? hold(ledger, call, now) : []
  if (told !== null) renewHeir(ledger, told)
  return {
    answer: {
      admitted: true,
      key: identity(ledger, key),
      reservation: tokenOf(call),
      usualNano: Math.min(chosen.usualNano, call.amountNano),
      affordableTier: chosen === holds.at(-1) ? key.highestTier : chosen.tier,
      unaffordable: unaffordable(ledger, { key, holds, chosen, left, now }),
      heldTokens: told === null ? null : heldTokens(ledger, told),
      headroomNano,
      onExceed: left[0]?.budget.onExceed ?? null,
      ...brought,
      rates: rateStandingOf(ledger, key, now),
      ...cooldownsFor(ledger, request.requestId, now),
    },
    writes,
  }
}

/** Who a key is: for what costs no money. */
export function identify(ledger: Ledger, asked: IdentifyRequest, now: number): IdentifyAnswer {
  const key = findKey(ledger, asked.keyHash, now)
  if ('code' in key) return { known: false, refusal: key }
  return {
    known: true,
    key: identity(ledger, key),
    policy: newer(ledger.policy, asked.policyVersion),
    override: newerOverride(key, asked.overrideVersion),
  }
}

function findKey(ledger: Ledger, keyHash: string, now: number): LedgerKey | KeyRefusal {
  const key = ledger.keys.get(keyHash)
  if (key === undefined || ledger.team === null) return { code: 'unknown_key' }
  if (key.revokedAt !== null && key.revokedAt <= now) return { code: 'revoked_key' }
  if (key.expiresAt !== null && key.expiresAt <= now) return { code: 'expired_key' }
  if (key.retiresAt !== null && key.retiresAt <= now) return { code: 'replaced_key' }
  return key
}

function identity(ledger: Ledger, key: LedgerKey): KeyIdentity {
  return {
    keyId: key.keyId,
    keyName: key.name,
    teamId: ledger.team?.teamId ?? '',
    teamName: ledger.team?.name ?? '',
    owner: key.owner,
    tags: key.tags,
    allowedModels: key.allowedModels,
    highestTier: key.highestTier,
  }
}

function broughtTo(ledger: Ledger, key: LedgerKey, request: AdmitRequest): Brought {
  return {
    policy: newer(ledger.policy, request.policyVersion),
    override: newerOverride(key, request.overrideVersion),
    starting: request.startingVersion === undefined ? null : newer(ledger.starting, request.startingVersion),
  }
}

/** What is stored, if it is not the version that the gateway holds. */
function newer(stored: Ledger['policy'], known: number | null): { version: number; json: string } | null {
  return stored === null || known === stored.version ? null : { ...stored }
}

/** A gateway that knows of no override is right about a key that never had one. */
function newerOverride(
  { overrideVersion: version, policyOverride: json }: LedgerKey,
  known: number | null | undefined,
): StoredOverride | null {
  return known === undefined || (known ?? 0) === version ? null : { version, json }
}

function isClosed(ledger: Ledger, requestId: string): boolean {
  return ledger.recent.has(requestId) || ledger.closedEarlier.has(requestId) || ledger.expired.has(requestId)
}

/**
 * What to hold if the call may go up to each tier, ascending: a ceiling must also afford everything below it. A quote
 * that names no tier the key may use is held at its cheapest, since only the gateway knows what it will do then.
 */
function holdsFor(ledger: Ledger, key: LedgerKey, asked: { quote: Quote; leftNano: number | null }): Hold[] {
  const { quote } = asked
  const quoted = TIERS.filter((tier) => quote.expectedNano[tier] !== null)
  const allowed = quoted.filter((tier) => tier <= key.highestTier)
  const holds: Hold[] = []
  for (const tier of allowed.length > 0 ? allowed : quoted.slice(0, 1)) {
    const one = holdFor(ledger, asked, tier)
    const below = holds.at(-1)
    const dearest = below !== undefined && total(below) > total(one) ? below : one
    holds.push({ ...dearest, tier })
  }
  return holds.length > 0 ? holds : [{ tier: key.highestTier, amountNano: 0, usualNano: 0, guardNano: 0 }]
}

/** The learned quantile, never more than the worst case; the guard only as far as the worst case leaves any. */
function holdFor(ledger: Ledger, { quote, leftNano }: { quote: Quote; leftNano: number | null }, tier: Tier): Hold {
  const quotedNano = whole(quote.expectedNano[tier] ?? 0)
  const worstNano = quote.worstNano[tier] === null ? Infinity : whole(quote.worstNano[tier])
  const kind = kindOfQuote(quote.kind, quotedNano)
  const usualNano = Math.min(worstNano, quantileNano(ledger.learned, kind, { tier, quotedNano }))
  const quotedGuard = whole(typeof quote.guardNano === 'object' ? quote.guardNano[tier] : (quote.guardNano ?? 0))
  const unseen = leftNano !== null && quote.unseen?.[tier] === true
  const shareNano = unseen
    ? Math.min(Math.floor(leftNano / (UNSEEN_SHARES + ledger.open.size)), leftNano - quotedGuard)
    : 0
  const amountNano = Math.max(usualNano, Math.min(worstNano, shareNano))
  const guardNano = Math.min(quotedGuard, worstNano - amountNano)
  return { tier, amountNano, usualNano, guardNano }
}

/** A price from outside, as money. What is no price at all is taken as unaffordable rather than as free. */
function whole(nano: number): number {
  const rounded = Math.ceil(nano)
  return isNano(rounded) ? Math.min(rounded, UNAFFORDABLE_NANO) : UNAFFORDABLE_NANO
}

function total(call: Hold): number {
  return call.amountNano + call.guardNano
}

function dearestThatFits(holds: readonly Hold[], left: readonly Room[]): Hold | null {
  const room = left[0]?.leftNano ?? Infinity
  return holds.findLast((candidate) => total(candidate) <= room) ?? null
}

/**
 * The refusal of each tier above the one that fits. Where several budgets are short, one that does not let the call go
 * lower is told rather than one that does.
 */
function unaffordable(
  ledger: Ledger,
  of: { key: LedgerKey; holds: readonly Hold[]; chosen: Hold; left: readonly Room[]; now: number },
): Partial<Record<Tier, BudgetRefusal>> {
  const found: Partial<Record<Tier, BudgetRefusal>> = {}
  const strict = of.left.filter(({ budget }) => budget.onExceed !== 'downgrade')
  const told = tellingTo(ledger, of.key, of.now)
  for (const candidate of of.holds) {
    if (candidate.tier <= of.chosen.tier) continue
    const refusal = refusalFor(total(candidate), strict, told) ?? refusalFor(total(candidate), of.left, told)
    if (refusal !== null) found[candidate.tier] = refusal
  }
  return found
}

function refuse(ledger: Ledger, of: { key: LedgerKey; holds: readonly Hold[]; left: readonly Room[]; now: number }) {
  const least = of.holds[0]
  const refusal = refusalFor(least === undefined ? 0 : total(least), of.left, tellingTo(ledger, of.key, of.now))
  if (refusal === null) throw new Error('a call was refused that every budget has room for')
  return refusal
}

function openCall(
  ledger: Ledger,
  from: { request: AdmitRequest; key: LedgerKey; session: string | null; chosen: Hold; now: number },
): OpenCall {
  const { request, key, session, chosen, now } = from
  const { usual, least } = LEDGER_LIMITS.silenceMs
  const silenceMs = Math.min(usual, Math.max(least, Math.round(request.silenceMs ?? usual)))
  return {
    requestId: request.requestId,
    keyId: key.keyId,
    session,
    epoch: ledger.epoch,
    startedAt: now,
    silenceMs,
    amountNano: chosen.amountNano,
    guardNano: chosen.guardNano,
    deadlineAt: now + silenceMs,
    adjusted: false,
    refused: false,
    page: null,
    takenTokens: 0,
    quoted: request.quote.expectedNano,
    kind: request.quote.kind,
  }
}
