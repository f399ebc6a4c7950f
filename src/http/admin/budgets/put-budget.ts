import { budgetCommand, budgetOf as storedBudget } from '../../../core/ledger/ledger-commands.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { existingKey } from '../keys/existing-key.ts'
import { budget, budgetOf, nanoOf, newBudget } from './budget-schema.ts'

export const putBudget = defineRoute({
  name: 'budgets set',
  method: 'PUT',
  path: '/teams/:teamId/budgets',
  summary: 'Cap what a team, a key or each session may spend in a period.',
  description: 'What was spent in the running window before counts.',
  allow: ADMINS,
  body: newBudget,
  answer: budget,
  done: 'Set the budget {id} over {name}: {limitNano}, period {period}, {mode}.',
  async handle({ body, team, composition, db, change }) {
    if (body.keyId !== null) await existingKey(db, { teamId: team.id, keyId: body.keyId })
    const { limitUsd, id, ...fields } = body
    const command = { ...fields, limitNano: nanoOf(limitUsd), ...(id === undefined ? {} : { id }) }
    const after = storedBudget(budgetCommand.parse(command))
    const ledger = composition.ledger(team.id)
    const before = (await ledger.budgetStandings()).find((one) => one.id === after.id)
    await change({
      object: after.id,
      before: before === undefined ? null : budgetOf(before),
      after,
      ledger: () => ledger.putBudget(command),
    })
    const standing = (await ledger.budgetStandings()).find((one) => one.id === after.id)
    if (standing === undefined) throw new Error('a budget that was just stored is not in the ledger')
    return budgetOf(standing)
  },
})
