import { Problem } from '../../problem.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { budget, budgetOf } from './budget-schema.ts'

export const removeBudget = defineRoute({
  name: 'budgets remove',
  method: 'DELETE',
  path: '/teams/:teamId/budgets/:budgetId',
  summary: 'Remove a budget. What was spent stays counted.',
  allow: ADMINS,
  answer: budget,
  done: 'Removed the budget {id} over {name} ({limitNano}, period {period}). What was spent stays counted.',
  async handle({ params, team, composition, change }) {
    const ledger = composition.ledger(team.id)
    const before = (await ledger.budgetStandings()).find(({ id }) => id === params.budgetId)
    if (before === undefined) throw new Problem(404, 'Not found', 'This team has no such budget.')
    await change({
      object: before.id,
      before: budgetOf(before),
      after: null,
      ledger: () => ledger.removeBudget(before.id),
    })
    return budgetOf(before)
  },
})
