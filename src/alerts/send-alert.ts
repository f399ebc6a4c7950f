/** Sends one alert to one channel: one POST, no redirect followed, and of the answer only the status is looked at. */
import { slackBody, webhookBody, type AlertTeam } from '../core/alerts/alert-bodies.ts'
import type { Alert } from '../core/alerts/alert.ts'
import type { SendResult } from '../core/alerts/delivery.ts'
import { channelAddressProblem } from '../security/channel-address.ts'
import type { ChannelSecrets } from '../security/channel-secrets.ts'
import type { AlertChannel } from '../store/alert-channels.ts'

const TIMEOUT_MS = 10_000

export interface SendSettings {
  readonly secrets: ChannelSecrets
  /** Hosts alerts may be sent to although they are not public. */
  readonly privateHosts: readonly string[]
  now(): number
}

/** Never throws: what went wrong is in the result. */
export async function sendAlert(
  settings: SendSettings,
  channel: AlertChannel,
  { alert, team }: { readonly alert: Alert; readonly team: AlertTeam },
): Promise<SendResult> {
  const address = await settings.secrets.open(channel.id, channel.sealedUrl)
  if (address === null) return failed('address_unreadable')
  // Checked again: the operator may have changed the rules since it was stored.
  if (channelAddressProblem(address.text, settings.privateHosts) !== null) return failed('address_not_allowed')
  const body = channel.kind === 'slack' ? slackBody(alert, team) : webhookBody(alert, team)
  const headers = await headersFor(settings, channel, { alert, body })
  try {
    const answer = await fetch(address.text, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.body?.cancel()
    return resultOf(answer.status)
  } catch (error) {
    const timeout = error instanceof DOMException && error.name === 'TimeoutError'
    return failed(timeout ? 'timeout' : 'unreachable')
  }
}

async function headersFor(
  { secrets, now }: SendSettings,
  channel: AlertChannel,
  { alert, body }: { readonly alert: Alert; readonly body: string },
): Promise<Record<string, string>> {
  const common = { 'content-type': 'application/json', 'user-agent': 'headgate' }
  if (channel.kind === 'slack') return common
  return {
    ...common,
    // The same at every attempt: a receiver that knows it has the alert already.
    'headgate-alert': encodeURIComponent(alert.id),
    'headgate-signature': await secrets.signature(channel, body, now()),
  }
}

function resultOf(status: number): SendResult {
  if (status >= 200 && status < 300) return { delivered: true, status, error: null }
  return { delivered: false, status, error: status >= 300 && status < 400 ? 'redirect' : `http_${status}` }
}

function failed(error: string): SendResult {
  return { delivered: false, status: null, error }
}
