/** A team with two keys, and the messages sent to its ledger. */
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import type { DecisionRecord } from '../../../src/core/decisions/decision-record.ts'
import type { AdmitRequest, Reservation, SettleRequest } from '../../../src/core/ledger/admission.ts'
import type { Budget } from '../../../src/core/ledger/budget.ts'
import { configureTeam, putBudget } from '../../../src/core/ledger/configure.ts'
import { putKey } from '../../../src/core/ledger/configure-keys.ts'
import { NO_RATE_LIMITS } from '../../../src/core/ledger/rate-limits.ts'
import type { Ledger, LedgerKey, LedgerWrite } from '../../../src/core/ledger/ledger-state.ts'
import type { LedgerNotice } from '../../../src/core/ledger/outbox-message.ts'
import { restoreLedger } from '../../../src/core/ledger/restore-ledger.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { DurableRows } from './durable-rows.ts'

/** 2026-11-23, a Monday, 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 23, 12)

export function keyRow(keyId: string, more: Partial<LedgerKey> = {}): LedgerKey {
  const name = `name of ${keyId}`
  return {
    keyHash: `hash of ${keyId}`,
    keyId,
    name,
    owner: null,
    tags: {},
    allowedModels: null,
    highestTier: 3,
    policyOverride: null,
    overrideVersion: 0,
    rateLimits: NO_RATE_LIMITS,
    expiresAt: null,
    retiresAt: null,
    revokedAt: null,
    ...more,
  }
}

export function budget(more: Partial<Budget> = {}): Budget {
  const scope = more.scope ?? 'team'
  const period = more.period ?? 'month'
  return {
    id: `${scope}:${period}`,
    scope,
    period,
    limitNano: 1_000,
    mode: 'hard',
    thresholds: [],
    onExceed: 'block',
    ...more,
  }
}

/** A call that may go to tier 1 only, unless prices per tier are given. */
export function ask(
  requestId: string,
  nano: number | readonly (number | null)[],
  more: Partial<AdmitRequest> = {},
): AdmitRequest {
  const prices = typeof nano === 'number' ? [nano] : nano
  const perTier = (scale: number) => {
    const price = (tier: Tier) => ((prices[tier - 1] ?? null) === null ? null : (prices[tier - 1] ?? 0) * scale)
    return { 1: price(1), 2: price(2), 3: price(3) }
  }
  return {
    requestId,
    keyHash: 'hash of k1',
    policyVersion: 0,
    quote: { expectedNano: perTier(1), worstNano: perTier(10) },
    ...more,
  }
}

export function record(id: string, tier: Tier = 1): DecisionRecord {
  return { id, tier, reasons: [], attempts: [], considered: [], usage: NO_USAGE } as unknown as DecisionRecord
}

export function settlement(reservation: Reservation, costNano: number): SettleRequest {
  return { reservation, costNano, estimated: false, record: record(reservation.requestId) }
}

/** The notices among rows to be written. */
function noticesIn(writes: readonly LedgerWrite[]): LedgerNotice[] {
  const messages = writes.flatMap((write) => (write.table === 'outbox' && 'row' in write ? [write.row.message] : []))
  return messages.filter((message) => 'kind' in message)
}

/** A ledger with its rows, to send messages to; `crash` loses what is not in a row. */
export class LedgerRun {
  readonly rows = new DurableRows()
  ledger: Ledger
  now = NOON
  /** Rows written by the latest message. */
  written = 0
  /** Notices of the latest message. */
  tells: readonly LedgerNotice[] = []

  constructor(budgets: readonly Budget[] = [], keys: readonly LedgerKey[] = [keyRow('k1'), keyRow('k2')]) {
    this.ledger = this.#start()
    this.take(
      configureTeam(this.ledger, { teamId: 'team-1', name: 'Team One', contact: null, rateLimits: NO_RATE_LIMITS }),
    )
    for (const key of keys) this.take(putKey(this.ledger, key))
    for (const one of budgets) this.take(putBudget(this.ledger, one, this.now))
  }

  take<Answer>(
    step: { readonly answer?: Answer; readonly writes: readonly LedgerWrite[] } | readonly LedgerWrite[],
  ): Answer {
    const writes = 'writes' in step ? step.writes : step
    this.rows.apply(writes)
    this.written = writes.length
    this.tells = noticesIn(writes)
    return ('answer' in step ? step.answer : undefined) as Answer
  }

  crash(): void {
    this.ledger = this.#start()
  }

  #start(): Ledger {
    const { ledger, writes } = restoreLedger(this.rows.load(), this.now)
    this.rows.apply(writes)
    return ledger
  }
}
