import { channelUpdate } from '../../../store/alert-channels.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { given } from '../given.ts'
import { channel, channelChange, checkedHost, existingChannel, told } from './alert-channel-schema.ts'

export const updateAlertChannel = defineRoute({
  name: 'alert-channels update',
  method: 'PATCH',
  path: '/teams/:teamId/alert-channels/:channelId',
  summary: 'Change what an alert channel is called, where it leads, and what it gets.',
  description: 'What is left out stays as it is. A dead channel with a new address is taken to work.',
  allow: ADMINS,
  body: channelChange,
  answer: channel,
  done: 'Changed the channel "{name}" ({id}).',
  async handle({ params, body, team, composition, db, change }) {
    const before = await existingChannel(db, { teamId: team.id, channelId: params.channelId })
    const { secrets, privateHosts } = composition.alerts
    const { url, ...wishes } = given(body)
    const address =
      url === undefined
        ? {}
        : { host: checkedHost(url, privateHosts), sealedUrl: await secrets.seal(before.id, url), deadSince: null }
    const after = { ...before, ...wishes, ...address }
    await change({
      object: before.id,
      before: told(before),
      after: { ...told(after), addressChanged: url !== undefined },
      directory: [channelUpdate(db, after)],
    })
    return told(after)
  },
})
