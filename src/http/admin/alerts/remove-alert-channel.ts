import { channelDelete } from '../../../store/alert-channels.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { channel, existingChannel, told } from './alert-channel-schema.ts'

export const removeAlertChannel = defineRoute({
  name: 'alert-channels remove',
  method: 'DELETE',
  path: '/teams/:teamId/alert-channels/:channelId',
  summary: 'Remove an alert channel. What was not delivered to it is given up.',
  allow: ADMINS,
  answer: channel,
  done: 'Removed the channel "{name}" ({id}, {host}). What was not delivered to it is given up.',
  async handle({ params, team, db, change }) {
    const before = await existingChannel(db, { teamId: team.id, channelId: params.channelId })
    await change({ object: before.id, before: told(before), after: null, directory: channelDelete(db, before.id) })
    return told(before)
  },
})
