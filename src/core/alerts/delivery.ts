/**
 * The delivery of one alert to one channel: when it is tried again, and when it is left to the hourly sweep or for good.
 * It sends nothing and knows no clock.
 */
import type { Alert } from './alert.ts'

/**
 * `pending`: it is tried at its next time. `waiting`: it failed too often, and the sweep tries it again. `delivered`: the
 * channel took it. `given_up`: too old, or its channel is gone.
 */
export type DeliveryState = 'pending' | 'waiting' | 'delivered' | 'given_up'

/** What a channel made of a message. A body that came with it is never looked at. */
export interface SendResult {
  readonly delivered: boolean
  /** null: no answer came. */
  readonly status: number | null
  /** Why not: `http_<status>`, `redirect`, `timeout`, `unreachable`, or what is wrong with the address. */
  readonly error: string | null
}

/** What becomes of a delivery. */
export interface NextDelivery {
  readonly state: DeliveryState
  /** When it is tried again, ms since epoch; null: by nobody, or by the sweep. */
  readonly nextAt: number | null
}

/** An alert that could not be delivered for so long is of no use any more. */
export const DELIVERY_EXPIRES_MS = 3 * 24 * 60 * 60_000

/** How long an attempt may take: whoever claimed the delivery and has not told of it by then is dead. */
export const CLAIM_MS = 60_000

/**
 * @param attempts how many were made, this one included
 * @param pauses seconds between attempts; after the last one it waits for the sweep
 */
export function afterAttempt(
  { delivered }: SendResult,
  { attempts, pauses }: { readonly attempts: number; readonly pauses: readonly number[] },
  now: number,
): NextDelivery {
  if (delivered) return { state: 'delivered', nextAt: null }
  const pause = pauses[attempts - 1]
  return pause === undefined ? { state: 'waiting', nextAt: null } : { state: 'pending', nextAt: now + pause * 1000 }
}

/** The alert that a channel takes none. It goes to the others, and once for each time the channel dies. */
export function deadChannelAlert(
  channel: { readonly id: string; readonly teamId: string; readonly name: string; readonly deadSince: number },
  lastError: string | null,
): Alert {
  const { id, teamId, name, deadSince } = channel
  return {
    id: `dead_channel:${id}:${deadSince}`,
    kind: 'dead_channel',
    severity: 'critical',
    teamId,
    at: deadSince,
    title: `The alert channel "${name}" takes no alerts (${lastError ?? 'unknown'}). It is tried again every hour.`,
    details: { channelId: id, channelName: name, lastError },
  }
}
