/**
 * Which targets and providers a team's calls leave alone, shared by all its isolates: failures are told here as they
 * happen, and each admission answers with what is cooling. Memory only: a ledger that slept long enough to forget has
 * nothing to forget. The rules of one entry are in `cascade/cooldown.ts`.
 */
import type { Cooldown } from '../cascade/cooldown.ts'
import { afterFailure, afterNoTry, afterSuccess, atAdmission } from '../cascade/cooldown.ts'
import type { Fault } from '../cascade/classify-failure.ts'
import type { DecisionRecord } from '../decisions/decision-record.ts'
import { backNotices, coolingNotice } from './cooling-notices.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'

/** What the gateway tells of a target while the call is still going on. */
export type HealthReport =
  | {
      /** The call gave the target up. */
      readonly kind: 'failed'
      readonly requestId: string
      readonly target: string
      readonly provider: string
      readonly fault: Fault
      readonly retryAfterMs: number | null
      /** Ms since epoch. */
      readonly at: number
    }
  /** The call was the one to find out, and it was answered. */
  | { readonly kind: 'answered'; readonly requestId: string; readonly target: string; readonly provider: string }
  /** The call could have found out, and went elsewhere. */
  | { readonly kind: 'not_tried'; readonly requestId: string; readonly ids: readonly string[] }

/** What cools for a call that is being admitted, by id, until when; and what it may try as the one call that finds out. */
export function cooldownsFor(
  ledger: Ledger,
  requestId: string,
  now: number,
): { readonly cooldowns: Record<string, number>; readonly probing: string[] } {
  const cooldowns: Record<string, number> = {}
  const probing: string[] = []
  for (const [id, before] of ledger.cooldowns) {
    const { state, coolingUntil, probing: mayTry } = atAdmission(before, requestId, now)
    if (state !== before) ledger.cooldowns.set(id, state)
    if (coolingUntil !== null) cooldowns[id] = coolingUntil
    if (mayTry) probing.push(id)
  }
  return { cooldowns, probing }
}

/** Takes in what a call found. The only rows are those of a cooldown that is told. */
export function reportHealth(ledger: Ledger, report: HealthReport, now: number): LedgerWrite[] {
  switch (report.kind) {
    case 'failed':
      return takeFailure(ledger, report, now)
    case 'answered':
      for (const id of [report.target, report.provider]) takeSuccess(ledger, id, report.requestId)
      return []
    case 'not_tried':
      for (const id of report.ids) giveBack(ledger, id, report.requestId)
      return []
  }
}

/**
 * The call is over: an answer that came whole ends a streak, and a probe that nobody told of is free again. The rows are
 * those of what is told to be back.
 */
export function healthAfterCall(
  ledger: Ledger,
  ended: { readonly requestId: string; readonly record: DecisionRecord | null },
  now: number,
): LedgerWrite[] {
  const { requestId, record } = ended
  if (record?.ending === 'complete') {
    for (const id of [record.target, record.provider]) takeSuccess(ledger, id, requestId)
  }
  for (const id of ledger.cooldowns.keys()) giveBack(ledger, id, requestId)
  return backNotices(ledger, record, now)
}

/** What cannot be reached is the provider; all else is a fault of the one target, and shows the provider to be there. */
function takeFailure(ledger: Ledger, report: Extract<HealthReport, { kind: 'failed' }>, now: number): LedgerWrite[] {
  const { requestId, target, provider, fault, retryAfterMs } = report
  const [failed, other] = fault === 'unreachable' ? [provider, target] : [target, provider]
  const failure = { requestId, retryAfterMs, at: Math.min(report.at, now) }
  remember(ledger, failed, afterFailure(ledger.cooldowns.get(failed) ?? null, failure, now))
  if (fault === 'unreachable') giveBack(ledger, other, requestId)
  else takeSuccess(ledger, other, requestId)
  return coolingNotice(ledger, failed, now)
}

function takeSuccess(ledger: Ledger, id: string, requestId: string): void {
  const before = ledger.cooldowns.get(id)
  if (before === undefined) return
  const after = afterSuccess(before, requestId)
  if (after === null) ledger.cooldowns.delete(id)
}

function giveBack(ledger: Ledger, id: string, requestId: string): void {
  const before = ledger.cooldowns.get(id)
  if (before !== undefined) ledger.cooldowns.set(id, afterNoTry(before, requestId))
}

/** The newest last; the one that failed longest ago goes when there are too many. */
function remember(ledger: Ledger, id: string, cooldown: Cooldown): void {
  ledger.cooldowns.delete(id)
  ledger.cooldowns.set(id, cooldown)
  const oldest = ledger.cooldowns.keys().next().value
  if (ledger.cooldowns.size > LEDGER_LIMITS.cooldowns && oldest !== undefined) ledger.cooldowns.delete(oldest)
}
