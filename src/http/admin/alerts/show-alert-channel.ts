import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { channel, existingChannel, told } from './alert-channel-schema.ts'

export const showAlertChannel = defineRoute({
  name: 'alert-channels show',
  method: 'GET',
  path: '/teams/:teamId/alert-channels/:channelId',
  summary: 'Show one alert channel and whether it works.',
  allow: READERS,
  answer: channel,
  handle: async ({ params, team, db }) =>
    told(await existingChannel(db, { teamId: team.id, channelId: params.channelId })),
})
