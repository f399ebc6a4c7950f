import * as z from 'zod'
import { TASK_TYPES } from '../../../core/tasks/task-types.ts'
import { listDecisions } from '../../../store/decisions.ts'
import { Problem } from '../../problem.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { tagFilter, tagOf, teamId, time } from '../fields.ts'
import { cursorOf, nextCursor, pageQuery, positionOf } from '../page.ts'
import { decision } from './decision-schema.ts'

const id = z.string().max(200).optional()
const moment = z.coerce.number().pipe(time).optional()

/** What narrows a list, or a sum, of decisions down. */
const decisionQuery = {
  keyId: id.meta({ description: 'Only calls of this key, by its id.' }),
  sessionId: id.meta({ description: 'Only calls of this session.' }),
  taskType: z.enum(TASK_TYPES).optional(),
  tier: z.coerce
    .number()
    .pipe(z.union([z.literal(1), z.literal(2), z.literal(3)]))
    .optional()
    .meta({ description: 'Only calls that went to this tier: 1, 2 or 3.' }),
  tag: tagFilter.optional(),
  from: moment.meta({ description: 'From this moment on.', format: 'epoch-ms' }),
  to: moment.meta({ description: 'Before this moment.', format: 'epoch-ms' }),
}

export const showDecisions = defineRoute({
  name: 'decisions list',
  method: 'GET',
  path: '/decisions',
  summary: 'List the decision log, newest first.',
  description:
    'A member sees the calls of their own keys. A page that looked through many calls of which few were meant may hold ' +
    'fewer than the limit, or none, and yet have a next one.',
  allow: ANYONE,
  teamFrom: 'query',
  query: z.strictObject({ ...pageQuery, teamId: teamId.optional(), ...decisionQuery }),
  answer: z.strictObject({ decisions: z.array(decision), nextCursor }),
  columns: ['at', 'id', 'agent', 'task_type', 'tier', 'model', 'cost_nano', 'baseline_nano', 'status', 'ending'],
  async handle({ query, team, onlyOwner, db }) {
    const { limit, cursor, tag, ...asked } = query
    if (asked.from !== undefined && asked.to !== undefined && asked.from >= asked.to) {
      throw new Problem(400, 'Invalid input', 'The time asked for is empty: `from` must be before `to`.')
    }
    // Reports may read a replica: a log that is a second old serves as well.
    const session = db.withSession('first-unconstrained')
    const { rows, next } = await listDecisions(session, {
      teamId: team?.id ?? null,
      owner: onlyOwner,
      keyId: asked.keyId ?? null,
      sessionId: asked.sessionId ?? null,
      taskType: asked.taskType ?? null,
      tier: asked.tier ?? null,
      tag: tagOf(tag),
      from: asked.from ?? null,
      to: asked.to ?? null,
      cursor: positionOf(cursor),
      limit,
    })
    return {
      decisions: rows as unknown as z.infer<typeof decision>[],
      nextCursor: next === null ? null : cursorOf(next),
    }
  },
})
