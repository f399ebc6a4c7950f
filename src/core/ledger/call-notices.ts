/**
 * What the record of a call brings up besides its money: a model without a price, told once a month, and a cap of its
 * turn, told once a turn.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
import type { Ineligibility } from '../routing/eligible.ts'
import type { CapReason } from '../session/loop-guard.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'
import { periodEnd, periodStart } from './periods.ts'
import { keyScope } from './scope.ts'
import { tellOnce } from './tell-once.ts'

const DAY_MS = 24 * 60 * 60_000

const CAP_REASONS: ReadonlySet<string> = new Set<CapReason>([
  'session_call_cap',
  'repeated_call_cap',
  'no_progress_cap',
  'iteration_cap',
  'subagent_tree_cap',
])

export function callNotices(ledger: Ledger, record: DecisionRecord, now: number): LedgerWrite[] {
  return [...unpricedNotices(ledger, record, now), ...iterationNotice(ledger, record, now)]
}

/** A model that was used although it has no price, and those that a hard budget has left out for it. */
function unpricedNotices(ledger: Ledger, record: DecisionRecord, now: number): LedgerWrite[] {
  const { costNano, attempts, considered } = record
  const used = costNano === null && attempts.length > 0 ? [{ target: record.target, leftOut: false }] : []
  const leftOut = considered
    .filter(({ verdict }) => verdict === ('unpriced_under_hard_budget' satisfies Ineligibility))
    .map(({ target }) => target)
  return [...unpricedOnce(ledger, used, now), ...leftOutNotices(ledger, leftOut, now)]
}

/** Models that a hard budget has left out for want of a price, by target. */
export function leftOutNotices(ledger: Ledger, targets: readonly string[], now: number): LedgerWrite[] {
  return unpricedOnce(
    ledger,
    targets.map((target) => ({ target, leftOut: true })),
    now,
  )
}

function unpricedOnce(
  ledger: Ledger,
  unpriced: readonly { readonly target: string; readonly leftOut: boolean }[],
  now: number,
): LedgerWrite[] {
  const teamId = ledger.team?.teamId ?? ''
  const month = periodStart('month', now)
  return unpriced.flatMap((found) =>
    tellOnce(
      ledger,
      { kind: 'unpriced', id: `${teamId}:${found.target}:${month}`, teamId, ...found, at: now },
      periodEnd('month', month) ?? now,
    ),
  )
}

function iterationNotice(ledger: Ledger, record: DecisionRecord, now: number): LedgerWrite[] {
  const reason = record.reasons.find((code): code is CapReason => CAP_REASONS.has(code))
  if (reason === undefined) return []
  const teamId = ledger.team?.teamId ?? ''
  const { sessionId, threadId, turn, keyId, ending } = record
  // A session's cap stays reached in every later turn; the others begin anew with the turn.
  const place = reason === 'session_call_cap' ? sessionId : `${sessionId}:${threadId}:${turn}`
  return tellOnce(
    ledger,
    {
      kind: 'iteration_cap',
      id: `${teamId}:${place}:${reason}`,
      teamId,
      keyId,
      keyName: scopeName(ledger, keyScope(keyId)),
      sessionId,
      threadId,
      turn,
      reason,
      stopped: ending === 'surfaced' || ending === 'blocked',
      at: now,
    },
    now + DAY_MS,
  )
}
