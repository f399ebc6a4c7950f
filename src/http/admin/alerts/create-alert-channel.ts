import { channelInsert, listChannels, type AlertChannel } from '../../../store/alert-channels.ts'
import { Problem } from '../../problem.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { channelWithSecret, checkedHost, newChannel, told } from './alert-channel-schema.ts'

const MOST_CHANNELS = 20

export const createAlertChannel = defineRoute({
  name: 'alert-channels create',
  method: 'POST',
  path: '/teams/:teamId/alert-channels',
  summary: "Make a place for a team's alerts to go. A webhook's secret is shown once.",
  allow: ADMINS,
  body: newChannel,
  status: 201,
  answer: channelWithSecret,
  secrets: ['secret'],
  done: 'Made the channel "{name}" to {host}. To try it: npm run admin -- alert-channels test {id}',
  async handle({ body, team, composition, db, at, change }) {
    const { secrets, privateHosts } = composition.alerts
    const { url, ...wishes } = body
    const host = checkedHost(url, privateHosts)
    if ((await listChannels(db, [team.id])).length >= MOST_CHANNELS) {
      throw new Problem(409, 'Refused', `A team may have ${MOST_CHANNELS} alert channels at most.`)
    }
    const id = `ach_${composition.newId()}`
    const made: AlertChannel = {
      ...wishes,
      id,
      teamId: team.id,
      sealedUrl: await secrets.seal(id, url),
      host,
      secretVersion: 1,
      createdAt: at,
      deliveredAt: null,
      lastStatus: null,
      lastError: null,
      deadSince: null,
    }
    await change({ object: id, before: null, after: told(made), directory: [channelInsert(db, made)] })
    return { ...told(made), secret: made.kind === 'webhook' ? await secrets.secretOf(made) : null }
  },
})
