/** Writes that carried an idempotency key, remembered for a day. */

export interface RememberedWrite {
  readonly requestHash: string
  /** null: under way, or broken off. */
  readonly status: number | null
  /** JSON; null with an answer that has no body. */
  readonly body: string | null
  readonly at: number
}

export interface WriteKey {
  readonly actor: string
  readonly key: string
}

const LIFETIME_MS = 24 * 60 * 60_000

/**
 * Takes the key for a write that begins. An older write of the same key that has expired gives way.
 * @returns null: it is taken now; else the write that has it
 */
export async function claimKey(
  db: D1Database,
  { actor, key }: WriteKey,
  write: { readonly requestHash: string; readonly at: number },
): Promise<RememberedWrite | null> {
  const [, taken, found] = await db.batch<RememberedWrite>([
    db
      .prepare('DELETE FROM idempotency_keys WHERE actor = ?1 AND key = ?2 AND at < ?3')
      .bind(actor, key, write.at - LIFETIME_MS),
    db
      .prepare('INSERT OR IGNORE INTO idempotency_keys (actor, key, request_hash, at) VALUES (?1, ?2, ?3, ?4)')
      .bind(actor, key, write.requestHash, write.at),
    db
      .prepare(
        'SELECT request_hash AS requestHash, status, body, at FROM idempotency_keys WHERE actor = ?1 AND key = ?2',
      )
      .bind(actor, key),
  ])
  return taken?.meta.changes === 1 ? null : (found?.results[0] ?? null)
}

/** Remembers what was answered. */
export async function rememberAnswer(
  db: D1Database,
  { actor, key }: WriteKey,
  answer: { readonly status: number; readonly body: string | null },
): Promise<void> {
  await db
    .prepare('UPDATE idempotency_keys SET status = ?3, body = ?4 WHERE actor = ?1 AND key = ?2')
    .bind(actor, key, answer.status, answer.body)
    .run()
}

/** Nothing was done: the key may be used again. */
export async function forgetKey(db: D1Database, { actor, key }: WriteKey): Promise<void> {
  await db.prepare('DELETE FROM idempotency_keys WHERE actor = ?1 AND key = ?2').bind(actor, key).run()
}

/** @returns rows deleted */
export async function deleteExpiredKeys(db: D1Database, now: number): Promise<number> {
  const { meta } = await db
    .prepare('DELETE FROM idempotency_keys WHERE at < ?1')
    .bind(now - LIFETIME_MS)
    .run()
  return meta.changes
}
