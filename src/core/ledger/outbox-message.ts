/**
 * What a ledger sends to the log, in the order it happened: decision records, and notices, which have a `kind`. All are
 * delivered at least once; every one has an id that makes taking it in twice harmless.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
import type { CapReason } from '../session/loop-guard.ts'
import type { BudgetPeriod } from './periods.ts'
import type { ScopeId } from './scope.ts'

export type OutboxMessage = DecisionRecord | LedgerNotice

export type LedgerNotice =
  /**
   * Nothing was heard of a call until its deadline: it was charged what was held for it, an estimate. `id` is the
   * request's; should its decision record arrive later, that one is the truth.
   */
  | {
      readonly kind: 'expired'
      readonly id: string
      readonly teamId: string
      readonly keyId: string
      readonly startedAt: number
      readonly at: number
      readonly chargedNano: number
    }
  /**
   * After a restart more was marked as outstanding than the known calls account for; nobody claimed it until its
   * deadline, and it was released without a charge. An upper bound, always an estimate.
   */
  | {
      readonly kind: 'unaccounted'
      readonly id: string
      readonly teamId: string
      readonly scope: ScopeId
      readonly at: number
      readonly upToNano: number
    }
  /** A budget's spending crossed a threshold: told once per threshold, limit and window. */
  | {
      readonly kind: 'threshold'
      readonly id: string
      readonly teamId: string
      readonly budgetId: string
      readonly scope: ScopeId
      readonly scopeName: string
      readonly period: BudgetPeriod
      readonly periodStartsAt: number
      readonly threshold: number
      readonly spentNano: number
      readonly limitNano: number
      readonly at: number
    }
  /** A hard budget refused a call or ended one, and waiting for other calls would not have helped. */
  | {
      readonly kind: 'cap_hit'
      readonly id: string
      readonly teamId: string
      readonly budgetId: string
      readonly scope: ScopeId
      readonly scopeName: string
      readonly period: BudgetPeriod
      readonly periodStartsAt: number
      readonly spentNano: number
      readonly limitNano: number
      /** Much of it is left: the call was too large for that. Absent in notices of earlier versions. */
      readonly tooLarge?: boolean
      /** null: never. */
      readonly resetsAt: number | null
      readonly at: number
    }
  /** At the pace of the last week a month's budget will be passed. */
  | {
      readonly kind: 'pace'
      readonly id: string
      readonly teamId: string
      readonly budgetId: string
      readonly scope: ScopeId
      readonly scopeName: string
      readonly periodStartsAt: number
      readonly spentNano: number
      readonly limitNano: number
      readonly paceNanoPerDay: number
      readonly expectedNano: number
      readonly reachedAt: number
      readonly at: number
    }
  /** A model without a price was used, and what it costs no budget counts; or a hard budget has left it out. */
  | {
      readonly kind: 'unpriced'
      readonly id: string
      readonly teamId: string
      readonly target: string
      readonly leftOut: boolean
      readonly at: number
    }
  /** A turn ran into a cap of its team's policy. */
  | {
      readonly kind: 'iteration_cap'
      readonly id: string
      readonly teamId: string
      readonly keyId: string
      readonly keyName: string
      readonly sessionId: string
      readonly threadId: string
      readonly turn: number
      readonly reason: CapReason
      /** The turn was ended; else the policy let it go on. */
      readonly stopped: boolean
      readonly at: number
    }
  /** A target, or a whole provider, is left alone for a while; and it answers again. */
  | {
      readonly kind: 'cooling'
      readonly id: string
      readonly teamId: string
      readonly target: string
      readonly until: number
      readonly at: number
    }
  | {
      readonly kind: 'back'
      readonly id: string
      readonly teamId: string
      readonly target: string
      readonly since: number
      readonly at: number
    }

/** A message of the queue may have 128 KB. */
const LARGEST_MESSAGE = 100_000

/**
 * A message as its row holds it. A record that no queue would take loses its longest parts rather than block all that
 * come after it.
 */
export function messageJson(message: OutboxMessage): string {
  const json = JSON.stringify(message)
  if (json.length <= LARGEST_MESSAGE || 'kind' in message) return json
  return JSON.stringify({ ...message, considered: [], adaptations: [], warnings: ['record_shortened'] })
}
