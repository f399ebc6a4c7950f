import * as z from 'zod'
import { listChannels } from '../../../store/alert-channels.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { channel, told } from './alert-channel-schema.ts'

export const showAlertChannels = defineRoute({
  name: 'alert-channels list',
  method: 'GET',
  path: '/teams/:teamId/alert-channels',
  summary: 'List where the alerts of a team go, and which of these places work.',
  allow: READERS,
  answer: z.strictObject({ channels: z.array(channel) }),
  columns: ['id', 'kind', 'name', 'host', 'minSeverity', 'deliveredAt', 'lastError', 'deadSince'],
  handle: async ({ team, db }) => ({ channels: (await listChannels(db, [team.id])).map(told) }),
})
