import * as z from 'zod'
import { testAlert } from '../../../core/alerts/alert.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { existingChannel } from './alert-channel-schema.ts'

export const testAlertChannel = defineRoute({
  name: 'alert-channels test',
  method: 'POST',
  path: '/teams/:teamId/alert-channels/:channelId/test',
  summary: 'Send a test alert now, once, and tell what came of it.',
  description: 'It passes every filter and is not kept. A channel that is dead stays so until an alert gets through.',
  allow: ADMINS,
  readOnly: true,
  answer: z.strictObject({
    delivered: z.boolean(),
    status: z.int().nullable().meta({ description: 'HTTP status; null: no answer came.' }),
    error: z.string().nullable(),
  }),
  async handle({ params, team, composition, db, requestId, at }) {
    const channel = await existingChannel(db, { teamId: team.id, channelId: params.channelId })
    const { id, name } = team
    const alert = testAlert({ id: `test:${requestId}`, teamId: id, channelName: channel.name }, at)
    return composition.sendAlert(channel, { alert, team: { id, name } })
  },
})
