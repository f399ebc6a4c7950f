import { channelUpdate } from '../../../store/alert-channels.ts'
import { Problem } from '../../problem.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { channelWithSecret, existingChannel, told } from './alert-channel-schema.ts'

export const rotateAlertSecret = defineRoute({
  name: 'alert-channels rotate',
  method: 'POST',
  path: '/teams/:teamId/alert-channels/:channelId/rotate',
  summary: 'Give a webhook a new secret. It is shown once.',
  description: 'From the next alert on nothing is signed with the secret before it.',
  allow: ADMINS,
  answer: channelWithSecret,
  secrets: ['secret'],
  done: 'The channel "{name}" ({id}) signs with a new secret from the next alert on.',
  async handle({ params, team, composition, db, change }) {
    const before = await existingChannel(db, { teamId: team.id, channelId: params.channelId })
    if (before.kind !== 'webhook') throw new Problem(409, 'Refused', 'Only webhooks have a secret.')
    const after = { ...before, secretVersion: before.secretVersion + 1 }
    await change({
      object: before.id,
      before: { secretVersion: before.secretVersion },
      after: { secretVersion: after.secretVersion },
      directory: [channelUpdate(db, after)],
    })
    return { ...told(after), secret: await composition.alerts.secrets.secretOf(after) }
  },
})
