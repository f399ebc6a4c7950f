/**
 * A ledger's rows in its object's SQLite: reads all of them at the start of a run, and commits the changes of a message
 * together. It decides nothing.
 */
import type {
  ExpiredCall,
  JournalledCall,
  LedgerKey,
  LedgerRows,
  LedgerTeam,
  LedgerWrite,
} from '../core/ledger/ledger-state.ts'
import type { WatchedBudget } from '../core/ledger/budget.ts'
import { messageJson } from '../core/ledger/outbox-message.ts'
import type { ScopeRow } from '../core/ledger/scope.ts'
import { hasTables, LEDGER_MIGRATIONS, migrate } from './schema.ts'
import { fitting, UnsentMessages, type BatchLimit, type StoredMessage } from './unsent-messages.ts'

export class LedgerStorage {
  readonly #storage: DurableObjectStorage
  readonly #sql: SqlStorage
  readonly #unsent: UnsentMessages
  #hasTables: boolean

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#sql = storage.sql
    this.#hasTables = hasTables(storage.sql)
    this.#unsent = new UnsentMessages(!this.#hasTables || this.#noneUnsent())
  }

  /** All rows, with the epoch of the run that begins: counted up durably, unless there is nothing to run yet. */
  load(): LedgerRows {
    if (!this.#hasTables) return { ...NOTHING, epoch: 1 }
    migrate(this.#storage, LEDGER_MIGRATIONS)
    const meta = new Map(
      this.#sql
        .exec<{ name: string; value: string }>('SELECT name, value FROM meta')
        .toArray()
        .map((row) => [row.name, row.value]),
    )
    const epoch = Number(meta.get('epoch') ?? 0) + 1
    this.#putMeta('epoch', String(epoch))
    return {
      epoch,
      team: parsed<LedgerTeam>(meta.get('team')),
      policy: parsed<{ version: number; json: string }>(meta.get('policy')),
      starting: parsed<{ version: number; json: string }>(meta.get('starting')),
      learned: parsed<[string, number[]][]>(meta.get('learned')) ?? [],
      told: parsed<[string, number][]>(meta.get('told')) ?? [],
      keys: this.#bodies<LedgerKey>('SELECT body FROM keys'),
      budgets: this.#bodies<WatchedBudget>('SELECT body FROM budgets'),
      scopes: this.#bodies<ScopeRow>('SELECT body FROM scopes'),
      outbox: this.#sql
        .exec<{ seq: number; requestId: string | null; rememberUntil: number }>(
          'SELECT seq, request_id AS requestId, remember_until AS rememberUntil FROM outbox',
        )
        .toArray(),
      receipts: this.#sql
        .exec<{ seq: number; rememberUntil: number; requestIds: string }>(
          'SELECT seq, remember_until AS rememberUntil, request_ids AS requestIds FROM receipts',
        )
        .toArray()
        .map(({ seq, rememberUntil, requestIds }) => ({
          seq,
          rememberUntil,
          requestIds: JSON.parse(requestIds) as string[],
        })),
      journal: this.#sql
        .exec<{ page: number; calls: string }>('SELECT page, calls FROM journal')
        .toArray()
        .map((row) => ({ page: row.page, calls: JSON.parse(row.calls) as JournalledCall[] })),
      expired: this.#bodies<ExpiredCall>('SELECT body FROM expired'),
    }
  }

  /**
   * Writes the changes, all or none: what a message writes without waiting in between is one commit of its object, and
   * an object that is aborted before it commits nothing. An object that was never configured gets its tables with its
   * first change.
   *
   * @throws the platform's error; the caller must abort the object then
   */
  commit(writes: readonly LedgerWrite[], epoch: number): void {
    if (writes.length === 0) return
    if (!this.#hasTables) {
      migrate(this.#storage, LEDGER_MIGRATIONS)
      this.#putMeta('epoch', String(epoch))
      this.#hasTables = true
    }
    for (const write of writes) this.#write(write)
  }

  /** The oldest messages, as many as one batch of a queue takes. */
  oldestMessages(limit: BatchLimit): StoredMessage[] {
    return this.#unsent.oldest(limit) ?? fitting(this.#storedMessages(limit), limit)
  }

  #storedMessages({ count }: BatchLimit): Iterable<StoredMessage> {
    return this.#sql.exec<StoredMessage & Record<string, SqlStorageValue>>(
      'SELECT seq, request_id AS requestId, remember_until AS rememberUntil, body FROM outbox ORDER BY seq LIMIT ?',
      count,
    )
  }

  #noneUnsent(): boolean {
    return this.#sql.exec('SELECT 1 FROM outbox LIMIT 1').toArray().length === 0
  }

  #write(write: LedgerWrite): void {
    switch (write.table) {
      case 'team':
        return this.#putMeta('team', JSON.stringify(write.team))
      case 'policy':
      case 'starting':
        return this.#putMeta(write.table, JSON.stringify({ version: write.version, json: write.json }))
      case 'learned':
        return this.#putMeta('learned', JSON.stringify(write.learned))
      case 'told':
        return this.#putMeta('told', JSON.stringify(write.told))
      case 'keys':
        if ('removed' in write) return this.#run('DELETE FROM keys WHERE key_hash = ?', write.removed)
        return this.#run(
          'INSERT OR REPLACE INTO keys (key_hash, body) VALUES (?, ?)',
          write.key.keyHash,
          JSON.stringify(write.key),
        )
      case 'budgets':
        if ('removed' in write) return this.#run('DELETE FROM budgets WHERE id = ?', write.removed)
        return this.#run(
          'INSERT OR REPLACE INTO budgets (id, body) VALUES (?, ?)',
          write.budget.id,
          JSON.stringify(write.budget),
        )
      case 'scopes':
        if ('removed' in write) return this.#run('DELETE FROM scopes WHERE id = ?', write.removed)
        return this.#run(
          'INSERT OR REPLACE INTO scopes (id, body) VALUES (?, ?)',
          write.scope.id,
          JSON.stringify(write.scope),
        )
      case 'outbox':
        return this.#writeOutbox(write)
      case 'receipts':
        return this.#writeReceipts(write)
      case 'journal':
        if ('removed' in write) return this.#run('DELETE FROM journal WHERE page = ?', write.removed)
        return this.#run(
          'INSERT OR REPLACE INTO journal (page, calls) VALUES (?, ?)',
          write.page,
          JSON.stringify(write.calls),
        )
      case 'expired':
        if ('removed' in write) return this.#run('DELETE FROM expired WHERE request_id = ?', write.removed)
        return this.#run(
          'INSERT OR REPLACE INTO expired (request_id, body) VALUES (?, ?)',
          write.call.requestId,
          JSON.stringify(write.call),
        )
    }
  }

  #writeOutbox(write: Extract<LedgerWrite, { table: 'outbox' }>): void {
    if ('sentUpTo' in write) {
      this.#run('DELETE FROM outbox WHERE seq <= ?', write.sentUpTo)
      return this.#unsent.sent(write.sentUpTo, () => this.#noneUnsent())
    }
    const { seq, requestId, rememberUntil, message } = write.row
    const insert = 'INSERT INTO outbox (seq, request_id, remember_until, body) VALUES (?, ?, ?, ?)'
    const body = messageJson(message)
    this.#run(insert, seq, requestId, rememberUntil, body)
    this.#unsent.add({ seq, requestId, rememberUntil, body })
  }

  #writeReceipts(write: Extract<LedgerWrite, { table: 'receipts' }>): void {
    if ('forgottenBefore' in write)
      return this.#run('DELETE FROM receipts WHERE remember_until <= ?', write.forgottenBefore)
    const { seq, rememberUntil, requestIds } = write.receipt
    const insert = 'INSERT INTO receipts (seq, remember_until, request_ids) VALUES (?, ?, ?)'
    return this.#run(insert, seq, rememberUntil, JSON.stringify(requestIds))
  }

  #putMeta(name: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value)
  }

  #bodies<Row>(query: string): Row[] {
    const rows = this.#sql.exec<{ body: string }>(query).toArray()
    return rows.map((row) => JSON.parse(row.body) as Row)
  }

  #run(query: string, ...values: (string | number | null)[]): void {
    this.#sql.exec(query, ...values)
  }
}

const NOTHING: Omit<LedgerRows, 'epoch'> = {
  team: null,
  policy: null,
  starting: null,
  learned: [],
  told: [],
  keys: [],
  budgets: [],
  scopes: [],
  outbox: [],
  receipts: [],
  journal: [],
  expired: [],
}

function parsed<Value>(json: string | undefined): Value | null {
  return json === undefined ? null : (JSON.parse(json) as Value)
}
