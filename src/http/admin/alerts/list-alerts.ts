import * as z from 'zod'
import { listAlerts } from '../../../store/alerts.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { teamId, time, yesOrNo } from '../fields.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'
import { alertKind, severity } from './alert-channel-schema.ts'

const delivery = z.strictObject({
  channelId: z.string(),
  channelName: z.string().nullable().meta({ description: 'null: the channel was removed.' }),
  state: z.enum(['pending', 'waiting', 'delivered', 'given_up']).meta({
    description:
      '`pending`: tried at `nextAt`. `waiting`: it failed too often and is tried again every hour. `given_up`: after ' +
      'three days, or with its channel.',
  }),
  attempts: z.int(),
  deliveredAt: time.nullable(),
  nextAt: time.nullable(),
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
})

const alert = z.strictObject({
  id: z.string().meta({ description: 'Names the crossing: the same one is never told under two ids.' }),
  kind: alertKind,
  severity,
  teamId,
  at: time,
  title: z.string().meta({ description: 'One sentence.' }),
  details: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .meta({ description: 'What the sentence rests on. Money in nano-dollars, times in milliseconds since the epoch.' }),
  deliveries: z.array(delivery),
})

export const showAlerts = defineRoute({
  name: 'alerts list',
  method: 'GET',
  path: '/alerts',
  summary: 'List alerts, newest first, with how far each has come.',
  allow: READERS,
  teamFrom: 'query',
  query: z.strictObject({
    ...pageQuery,
    // An alert's id holds the ids of what it is about.
    cursor: z
      .string()
      .regex(/^\d{1,16}_.{1,500}$/u, 'is no cursor of this API')
      .optional()
      .meta({ description: '`nextCursor` of the page before.' }),
    teamId: teamId.optional(),
    kind: alertKind.optional(),
    severity: severity.optional(),
    undelivered: yesOrNo.meta({ description: 'Only alerts that some channel has not taken.' }),
  }),
  answer: z.strictObject({ alerts: z.array(alert), nextCursor }),
  columns: ['at', 'severity', 'kind', 'title', 'deliveries'],
  async handle({ query, team, db }) {
    const { limit, cursor, kind, severity: grave, undelivered } = query
    const alerts = await listAlerts(db.withSession('first-unconstrained'), {
      teamId: team?.id,
      kind,
      severity: grave,
      undelivered,
      cursor: positionOf(cursor) ?? undefined,
      limit,
    })
    return {
      alerts: alerts as unknown as z.input<typeof alert>[],
      nextCursor: cursorAfter(alerts, limit, ({ at, id }) => ({ at, id })),
    }
  },
})
