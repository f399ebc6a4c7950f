/**
 * The queue's consumer: what ledgers send, into D1. A batch is written at once; if that fails, messages are tried one by
 * one, so that a single bad one goes to the dead-letter queue alone.
 */
import type { DecisionRecord } from '../core/decisions/decision-record.ts'
import type { LedgerNotice, OutboxMessage } from '../core/ledger/outbox-message.ts'
import { logEntry } from '../core/log-events.ts'
import { insertDecisions } from '../store/decisions.ts'
import { insertNotices } from '../store/ledger-notices.ts'

/** A message as its row held it, JSON; earlier versions sent it parsed, and some may still be on their way. */
export type QueuedMessage = string | OutboxMessage

/** What else is done with notices, once they are stored. It may be done twice. */
export type NoticeFollower = (notices: readonly LedgerNotice[]) => Promise<void>

export async function consumeDecisions(
  batch: MessageBatch<QueuedMessage>,
  db: D1Database,
  follow: NoticeFollower,
): Promise<void> {
  try {
    await store(
      batch.messages.map(({ body }) => body),
      { db, follow },
    )
    batch.ackAll()
  } catch {
    for (const message of batch.messages) await consumeOne(message, { db, follow })
  }
}

interface Takers {
  readonly db: D1Database
  readonly follow: NoticeFollower
}

async function consumeOne(message: Message<QueuedMessage>, takers: Takers): Promise<void> {
  const { body, attempts } = message
  try {
    await store([body], takers)
    message.ack()
  } catch (error) {
    const { level, line } = logEntry('not_stored', { id: idOf(message), attempt: attempts, error: String(error) })
    console[level](line)
    message.retry({ delaySeconds: Math.min(2 ** attempts, 300) })
  }
}

async function store(bodies: readonly QueuedMessage[], { db, follow }: Takers): Promise<void> {
  const records: DecisionRecord[] = []
  const notices: LedgerNotice[] = []
  for (const message of bodies.map(parsed)) {
    if ('kind' in message) notices.push(message)
    else records.push(message)
  }
  await insertDecisions(db, records)
  await insertNotices(db, notices)
  if (notices.length > 0) await follow(notices)
}

function parsed(body: QueuedMessage): OutboxMessage {
  return typeof body === 'string' ? (JSON.parse(body) as OutboxMessage) : body
}

/** Of what could not be stored: the record's own, else the queue's. */
function idOf({ id, body }: Message<QueuedMessage>): string {
  try {
    return parsed(body).id
  } catch {
    return id
  }
}
