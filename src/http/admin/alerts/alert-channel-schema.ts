/** A channel as the API takes and tells it. Its address is taken and never told: a Slack address is a secret itself. */
import * as z from 'zod'
import { ALERT_KINDS, SEVERITIES } from '../../../core/alerts/alert.ts'
import { channelAddressProblem } from '../../../security/channel-address.ts'
import { findChannel, type AlertChannel } from '../../../store/alert-channels.ts'
import { Problem } from '../../problem.ts'
import { name, teamId, time } from '../fields.ts'

const kind = z.enum(['webhook', 'slack']).meta({
  description:
    '`webhook`: a signed POST of JSON. `slack`: a POST of `{ text, blocks }`, as Slack-compatible incoming webhooks take it.',
})

export const severity = z.enum(SEVERITIES)

export const alertKind = z.enum(ALERT_KINDS)

const kinds = z.array(alertKind).min(1).nullable().meta({ description: 'Kinds of alerts it gets; null: every kind.' })

const minSeverity = severity.meta({ description: 'The least severity it gets.' })

const url = z
  .string()
  .max(2000)
  .meta({
    description: 'Where to POST. A public host over https; redirects are not followed.',
    examples: ['https://hooks.example.com/headgate'],
  })

/** What a new channel is made of. */
export const newChannel = z.strictObject({
  kind,
  name,
  url,
  kinds: kinds.default(null),
  minSeverity: minSeverity.default('warning'),
})

/** What can be changed of a channel: what is left out stays. */
export const channelChange = z.strictObject({
  name: name.optional(),
  url: url.optional(),
  kinds: kinds.optional(),
  minSeverity: minSeverity.optional(),
})

const error = z.string().nullable().meta({
  description:
    '`http_<status>`, `redirect`, `timeout`, `unreachable`, `address_not_allowed`, `address_unreadable`; null: none.',
})

export const channel = z.strictObject({
  id: z.string(),
  teamId,
  kind,
  name: z.string(),
  host: z.string().meta({ description: "The address's host, to recognise it by." }),
  kinds,
  minSeverity,
  createdAt: time,
  deliveredAt: time.nullable().meta({ description: 'When it last took an alert.' }),
  lastStatus: z.int().nullable().meta({ description: 'HTTP status of the last attempt; null: no answer came.' }),
  lastError: error,
  deadSince: time.nullable().meta({
    description: 'Since when it takes nothing; it is tried again every hour. null: it works.',
  }),
})

/** The answer that shows a webhook's secret. */
export const channelWithSecret = channel.extend({
  secret: z
    .string()
    .nullable()
    .meta({
      description:
        'What `headgate-signature` is made with: `t=<seconds>,v1=<hex>`, an HMAC-SHA256 over `<seconds>.<body>`. Shown ' +
        'this once and stored nowhere; null for Slack, and in an answer that is repeated.',
    }),
})

/** The channel without its address. */
export function told({ sealedUrl: _sealed, secretVersion: _version, ...rest }: AlertChannel): z.input<typeof channel> {
  return { ...rest, kinds: rest.kinds === null ? null : [...rest.kinds] }
}

/** @throws Problem 404 */
export async function existingChannel(
  db: D1Database,
  asked: { readonly teamId: string; readonly channelId: string },
): Promise<AlertChannel> {
  const found = await findChannel(db, asked.teamId, asked.channelId)
  if (found === null) throw new Problem(404, 'Not found', 'This team has no such alert channel.')
  return found
}

/**
 * @returns the address's host
 * @throws Problem 400 where alerts may not be sent there
 */
export function checkedHost(address: string, privateHosts: readonly string[]): string {
  const message = channelAddressProblem(address, privateHosts)
  if (message === null) return new URL(address).host
  throw new Problem(400, 'Invalid input', message, [{ path: 'url', message }])
}
