/**
 * What a ledger sends to the log, in the order it happened: decision records, and notices, which have a `kind`. All are
 * delivered at least once; every one has an id that makes taking it in twice harmless.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
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
  /** A budget's spending crossed a threshold: told once per threshold and window. */
  | {
      readonly kind: 'threshold'
      readonly id: string
      readonly teamId: string
      readonly budgetId: string
      readonly scope: ScopeId
      readonly period: BudgetPeriod
      readonly periodStartsAt: number
      readonly threshold: number
      readonly spentNano: number
      readonly limitNano: number
      readonly at: number
    }
