/**
 * The queue's consumer: decision records into D1. A batch is written as one statement; if that fails, records are tried
 * one by one, so that a single bad one goes to the dead-letter queue alone.
 */
import type { DecisionRecord } from '../core/decisions/decision-record.ts'
import { insertDecisions } from '../store/decisions.ts'

export async function consumeDecisions(batch: MessageBatch<DecisionRecord>, db: D1Database): Promise<void> {
  try {
    await insertDecisions(
      db,
      batch.messages.map((message) => message.body),
    )
    batch.ackAll()
  } catch {
    for (const message of batch.messages) await consumeOne(message, db)
  }
}

async function consumeOne(message: Message<DecisionRecord>, db: D1Database): Promise<void> {
  try {
    await insertDecisions(db, [message.body])
    message.ack()
  } catch (error) {
    console.error(JSON.stringify({ event: 'decision_not_stored', id: message.body.id, attempt: message.attempts, error: String(error) }))
    message.retry({ delaySeconds: Math.min(2 ** message.attempts, 300) })
  }
}
