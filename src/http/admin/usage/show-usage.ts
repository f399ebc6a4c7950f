import * as z from 'zod'
import { SUM_GROUPS, sumDecisions, type SumGroup } from '../../../store/decision-sums.ts'
import { Problem } from '../../problem.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { nano, time } from '../fields.ts'

const DAY_MS = 24 * 60 * 60_000
/** What is summed is read row by row. */
const MOST_DAYS = 93
const moment = z.coerce.number().pipe(time).optional()

const TAG = /^tag:([a-z][a-z0-9_-]{0,31})$/

export const showUsage = defineRoute({
  name: 'usage show',
  method: 'GET',
  path: '/teams/:teamId/usage',
  summary: 'What was called and spent, by day, key, person, task, model or tag.',
  description:
    'From the decision log, which is seconds behind; what a budget counts is told with the budgets. A member sees their own.',
  allow: ANYONE,
  query: z.strictObject({
    by: z
      .union([z.enum(SUM_GROUPS), z.string().regex(TAG, `must be ${SUM_GROUPS.join(', ')} or tag:name`)])
      .default('day')
      .meta({ description: `${SUM_GROUPS.join(', ')}, or a tag that the keys had then, as in \`tag:project\`.` }),
    from: moment.meta({
      description: `30 days ago if absent; at most ${MOST_DAYS} days before \`to\`.`,
      format: 'epoch-ms',
    }),
    to: moment.meta({ description: 'Now if absent.', format: 'epoch-ms' }),
  }),
  answer: z.strictObject({
    from: time,
    to: time,
    by: z.string(),
    groups: z.array(
      z.strictObject({
        group: z.string().nullable().meta({ description: 'null: calls without that tag or owner.' }),
        calls: z.int(),
        costNano: nano,
        unpricedCalls: z.int().meta({ description: 'Calls whose model has no price: their cost is not in the sum.' }),
        comparedNano: nano.meta({ description: 'The cost of those calls whose baseline is known.' }),
        baselineNano: nano.meta({ description: 'The same calls at the reference model of the top tier.' }),
        promptTokens: z.int(),
        cachedTokens: z.int(),
        outputTokens: z.int(),
      }),
    ),
  }),
  ifNone: { field: 'groups', words: 'No call from {from} to {to}. --from and --to name another time.' },
  columns: [
    'group',
    'calls',
    'costNano',
    'unpricedCalls',
    'comparedNano',
    'baselineNano',
    'promptTokens',
    'cachedTokens',
    'outputTokens',
  ],
  async handle({ query, team, onlyOwner, db, at }) {
    const { from = at - 30 * DAY_MS, to = at, by } = query
    if (from >= to) throw new Problem(400, 'Invalid input', 'The time asked for is empty: `from` must be before `to`.')
    if (to - from > MOST_DAYS * DAY_MS) {
      throw new Problem(400, 'Invalid input', `A report is over ${MOST_DAYS} days at most.`, [
        { path: 'from', message: `must be at most ${MOST_DAYS} days before \`to\`` },
      ])
    }
    const tag = TAG.exec(by)?.[1]
    const filter = { teamId: team.id, owner: onlyOwner, from, to }
    const groups = await sumDecisions(
      db.withSession('first-unconstrained'),
      filter,
      tag === undefined ? (by as SumGroup) : { tag },
    )
    return { from, to, by, groups }
  },
})
