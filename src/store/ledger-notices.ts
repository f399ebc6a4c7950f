/** Ledgers' notices in D1: written by the queue's consumer, deleted with the decisions of their time. */
import type { LedgerNotice } from '../core/ledger/outbox-message.ts'

const INSERT = `INSERT OR IGNORE INTO ledger_notices (id, kind, team_id, at, body)
SELECT value ->> '$.id', value ->> '$.kind', value ->> '$.teamId', value ->> '$.at', value FROM json_each(?1)`

/** Writes notices; idempotent by id and kind, since a queue delivers at least once. */
export async function insertNotices(db: D1Database, notices: readonly LedgerNotice[]): Promise<void> {
  if (notices.length === 0) return
  await db.prepare(INSERT).bind(JSON.stringify(notices)).run()
}

/** @returns rows deleted */
export async function deleteNoticesBefore(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare('DELETE FROM ledger_notices WHERE at < ?1').bind(before).run()
  return meta.changes
}
