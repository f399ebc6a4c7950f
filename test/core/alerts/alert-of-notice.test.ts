import { describe, expect, it } from 'vitest'
import { alertOfNotice } from '../../../src/core/alerts/alert-of-notice.ts'
import type { LedgerNotice } from '../../../src/core/ledger/outbox-message.ts'

const AT = Date.UTC(2026, 10, 23, 12)
const DECEMBER = Date.UTC(2026, 11, 1)

const of = { id: 'x', teamId: 't', at: AT } as const
const budget = {
  budgetId: 'b',
  scope: 'team',
  scopeName: 'Payments',
  period: 'month',
  periodStartsAt: Date.UTC(2026, 10, 1),
  spentNano: 80e9,
  limitNano: 100e9,
} as const
const turn = { keyId: 'k', keyName: 'Ada', sessionId: 's', threadId: 'h', turn: 3 } as const

const CASES: readonly (readonly [LedgerNotice, string | null])[] = [
  [
    { ...of, ...budget, kind: 'threshold', threshold: 0.8 },
    'warning budget_threshold: 80% of the month budget of team "Payments" is spent: $80.00 of $100.00.',
  ],
  [
    { ...of, ...budget, kind: 'threshold', threshold: 0.955, scope: 'key:k', scopeName: 'Ada', period: 'day' },
    'critical budget_threshold: 95.5% of the day budget of key "Ada" is spent: $80.00 of $100.00.',
  ],
  [
    { ...of, ...budget, kind: 'cap_hit', resetsAt: DECEMBER },
    'critical cap_hit: The month budget of team "Payments" stopped a call that it had no room for: $80.00 of $100.00 spent. It resets on 2026-12-01 00:00 UTC.',
  ],
  [
    { ...of, ...budget, kind: 'cap_hit', period: 'total', resetsAt: null },
    'critical cap_hit: The total budget of team "Payments" stopped a call that it had no room for: $80.00 of $100.00 spent.',
  ],
  [
    { ...of, ...budget, kind: 'pace', paceNanoPerDay: 5e9, expectedNano: 120e9, reachedAt: Date.UTC(2026, 10, 27, 9) },
    'warning spend_pace: At the pace of the last days the month budget of team "Payments" ($100.00) is reached on 2026-11-27; the whole month would cost $120.00.',
  ],
  [
    { ...of, kind: 'unpriced', target: 'mine/model', leftOut: false },
    'warning unpriced_model: mine/model has no price: what it costs no budget counts. Give it a price in the policy.',
  ],
  [
    { ...of, kind: 'unpriced', target: 'mine/model', leftOut: true },
    'warning unpriced_model: mine/model has no price: hard budgets leave it out. Give it a price in the policy.',
  ],
  [
    { ...of, ...budget, kind: 'cap_hit', scope: 'session:5b', scopeName: 'Ada', period: 'session', resetsAt: null },
    'critical cap_hit: The budget of a session of key "Ada" stopped a call that it had no room for: $80.00 of $100.00 spent.',
  ],
  [
    { ...of, ...turn, kind: 'iteration_cap', reason: 'no_progress_cap', stopped: true },
    'info iteration_cap: An agent of key "Ada" ran into a cap (calls without an edit or a passing test); its turn was ended.',
  ],
  [
    { ...of, ...turn, kind: 'iteration_cap', reason: 'session_call_cap', stopped: false },
    'warning iteration_cap: An agent of key "Ada" ran into a cap (calls in a session); it goes on.',
  ],
  [
    { ...of, kind: 'cooling', target: 'openai', until: AT + 9 },
    'warning target_cooling: openai keeps failing and is left alone; calls go elsewhere until it answers again.',
  ],
  [{ ...of, kind: 'back', target: 'openai', since: AT - 9 }, 'warning target_back: openai answers again.'],
  [
    { ...of, kind: 'unaccounted', scope: 'team', upToNano: 2e8 },
    "warning unaccounted_money: After a restart of the ledger up to $0.20 was held for calls nobody claimed; it was released without a charge. Compare with the provider's bill.",
  ],
  [{ ...of, kind: 'unaccounted', scope: 'key:k', upToNano: 2e8 }, null],
  [{ ...of, kind: 'expired', keyId: 'k', startedAt: AT, chargedNano: 1 }, null],
]

describe('an alert', () => {
  it.each(CASES)('of %j', (notice, expected) => {
    const alert = alertOfNotice(notice)
    expect(alert === null ? null : `${alert.severity} ${alert.kind}: ${alert.title}`).toBe(expected)
    if (alert === null) return
    expect(alert).toMatchObject({ id: `${notice.kind}:x`, teamId: 't', at: AT })
    const { kind: _kind, id: _id, teamId: _team, at: _at, ...details } = notice
    expect(alert.details).toEqual(details)
  })

  it('has the same name for the same crossing, and another for every other one', () => {
    const ids = CASES.map(([notice]) => alertOfNotice({ ...notice, id: 'same' })?.id)
    const kinds = new Set(CASES.filter(([, title]) => title !== null).map(([{ kind }]) => kind))
    expect(new Set(ids.filter((id) => id !== undefined)).size).toBe(kinds.size)
  })
})
