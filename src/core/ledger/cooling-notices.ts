/**
 * Whether a cooldown is worth telling. Most last seconds and are nobody's business: one is told when the call that tried
 * the target again failed too, or when the provider asks for a minute or more. Then not again before an answer has come
 * back, which is told as well, and at most once an hour, so that a target that comes and goes does not fill a channel.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { forgetTold, rememberTold, tell } from './tell-once.ts'

const LONG_COOLDOWN_MS = 60_000
const HOUR_MS = 60 * 60_000
/** A target that is down for longer is told again. */
const REMINDED_AFTER_MS = 24 * HOUR_MS

/** The target or provider `id` has just failed. */
export function coolingNotice(ledger: Ledger, id: string, now: number): LedgerWrite[] {
  const cooldown = ledger.cooldowns.get(id)
  if (cooldown === undefined || cooldown.until === null || cooldown.until <= now) return []
  if (cooldown.rounds < 2 && cooldown.until - now < LONG_COOLDOWN_MS) return []
  const [down, lately] = [downName(id), `told of ${id}`]
  if (isTold(ledger, down, now) || isTold(ledger, lately, now)) return []
  const teamId = ledger.team?.teamId ?? ''
  return [
    rememberTold(ledger, lately, { until: now + HOUR_MS, now }),
    rememberTold(ledger, down, { until: now + REMINDED_AFTER_MS, now }),
    tell(ledger, { kind: 'cooling', id: `${teamId}:${id}:${now}`, teamId, target: id, until: cooldown.until, at: now }),
  ]
}

/** A call was answered whole: what was told to be down is back. */
export function backNotices(ledger: Ledger, record: DecisionRecord | null, now: number): LedgerWrite[] {
  if (record?.ending !== 'complete' || ledger.told.size === 0) return []
  const writes: LedgerWrite[] = []
  const teamId = ledger.team?.teamId ?? ''
  for (const id of [record.target, record.provider]) {
    const until = ledger.told.get(downName(id))
    // A call from before the cooldown tells nothing of the target as it is now.
    if (until === undefined || (ledger.cooldowns.get(id)?.until ?? null) !== null) continue
    const since = until - REMINDED_AFTER_MS
    writes.push(
      forgetTold(ledger, downName(id)),
      tell(ledger, { kind: 'back', id: `${teamId}:${id}:${since}`, teamId, target: id, since, at: now }),
    )
  }
  return writes
}

function downName(id: string): string {
  return `down ${id}`
}

function isTold(ledger: Ledger, crossing: string, now: number): boolean {
  return (ledger.told.get(crossing) ?? 0) > now
}
