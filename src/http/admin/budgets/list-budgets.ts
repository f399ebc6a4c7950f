import * as z from 'zod'
import { keyIdsOf } from '../../../store/directory.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { budget, budgetOf } from './budget-schema.ts'

export const showBudgets = defineRoute({
  name: 'budgets list',
  method: 'GET',
  path: '/teams/:teamId/budgets',
  summary: 'List the budgets of a team and how each stands.',
  description: 'A member sees those of their own keys.',
  allow: ANYONE,
  answer: z.strictObject({ budgets: z.array(budget) }),
  columns: [
    'id',
    'name',
    'period',
    'mode',
    'limitNano',
    'spentNano',
    'reservedNano',
    'leftNano',
    'refusals',
    'resetsAt',
  ],
  async handle({ team, onlyOwner, composition, db }) {
    const own = onlyOwner === null ? null : new Set(await keyIdsOf(db, team.id, onlyOwner))
    const all = await composition.ledger(team.id).budgetStandings()
    const shown = own === null ? all : all.filter(({ keyId }) => keyId !== null && own.has(keyId))
    return { budgets: shown.map(budgetOf) }
  },
})
