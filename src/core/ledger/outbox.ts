/** The outbox: what goes to the log, durable in the same commit as the money it tells of. */
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import type { OutboxMessage } from './outbox-message.ts'

/** A message as the next row of the outbox. With a request id the row also remembers that the call is closed. */
export function outbox(
  ledger: Ledger,
  entry: { requestId: string | null; rememberUntil: number; message: OutboxMessage },
): LedgerWrite {
  ledger.outboxRows += 1
  const { requestId, rememberUntil, message } = entry
  return { table: 'outbox', row: { seq: ledger.nextSeq++, requestId, rememberUntil, message } }
}
