/** What an admission says of the tiers it does not afford, against the plain reading of the budgets over the call. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { admit } from '../../../src/core/ledger/admit.ts'
import type { Budget, BudgetScope, OnExceed } from '../../../src/core/ledger/budget.ts'
import { settle } from '../../../src/core/ledger/close.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { ask, budget, LedgerRun, settlement } from './ledger-fixtures.ts'

const anyBudget = fc.record({
  scope: fc.constantFrom<BudgetScope>('team', 'key:k1', 'sessions', 'sessions:k1'),
  limitNano: fc.integer({ min: 0, max: 1_000 }),
  onExceed: fc.constantFrom<OnExceed>('block', 'downgrade', 'surface'),
})
const script = fc.record({
  budgets: fc.array(anyBudget, { maxLength: 5 }),
  spent: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 3 }),
  held: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 3 }),
  prices: fc.tuple(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 50, max: 300 }),
    fc.integer({ min: 300, max: 900 }),
  ),
})

it('a tier that is not afforded names a budget that is short of it, and one that is strict before one that is not', () => {
  fc.assert(
    fc.property(script, ({ budgets: drawn, spent, held, prices }) => {
      const budgets = drawn.map((one, index): Budget => {
        const each = one.scope.startsWith('sessions')
        return budget({ ...one, id: `b${index}`, period: each ? 'session' : 'month' })
      })
      const run = new LedgerRun(budgets)
      let spentNano = 0
      let heldNano = 0
      spent.forEach((nano, index) => {
        const { admitted, ...answer } = run.take(admit(run.ledger, ask(`s${index}`, nano, { session: 'a' }), run.now))
        if (!admitted || !('reservation' in answer)) return
        run.take(settle(run.ledger, settlement(answer.reservation, nano), run.now))
        spentNano += nano
      })
      held.forEach((nano, index) => {
        const { admitted } = run.take(admit(run.ledger, ask(`h${index}`, nano, { session: 'a' }), run.now))
        if (admitted) heldNano += nano
      })
      const short = (tier: Tier) =>
        budgets.filter(({ limitNano }) => limitNano - spentNano - heldNano < prices[tier - 1]!)
      const final = (id: string, tier: Tier) =>
        budgets.some((one) => one.id === id && one.limitNano - spentNano < prices[tier - 1]!)
      const answer = run.take(admit(run.ledger, ask('measured', prices, { session: 'a' }), run.now))

      expect(answer.admitted).toBe(short(1).length === 0)
      if (!answer.admitted) return
      for (const tier of [2, 3] as const) {
        const refusal = answer.unaffordable[tier]
        expect(refusal === undefined).toBe(short(tier).length === 0)
        if (refusal === undefined) continue
        expect(short(tier).map(({ id }) => id)).toContain(refusal.budgetId)
        const strict = short(tier).some(({ onExceed }) => onExceed !== 'downgrade')
        expect(refusal.onExceed !== 'downgrade').toBe(strict)
        expect(refusal.code).toBe(final(refusal.budgetId, tier) ? 'budget_exceeded' : 'budget_reserved')
      }
      const afforded = ([3, 2, 1] as const).find((tier) => short(tier).length === 0)
      expect(answer.affordableTier).toBe(afforded)
    }),
    { numRuns: Number(process.env.HEADGATE_PROPERTY_RUNS ?? 500) },
  )
})
