/**
 * The rows of a ledger as its object keeps them, in memory: what a crash leaves. It applies changes as SQLite would and
 * nothing else, through JSON so that no object is shared with the ledger that wrote it.
 */
import type { LedgerRows, LedgerWrite, OutboxRow } from '../../../src/core/ledger/ledger-state.ts'

type Rows = { -readonly [Table in keyof LedgerRows]: LedgerRows[Table] }

export class DurableRows {
  #epoch = 0
  #team: Rows['team'] = null
  #policy: Rows['policy'] = null
  #starting: LedgerRows['starting'] = null
  #learned: Rows['learned'] = []
  #told: Rows['told'] = []
  readonly #keys = new Map<string, Rows['keys'][number]>()
  readonly #budgets = new Map<string, Rows['budgets'][number]>()
  readonly #scopes = new Map<string, Rows['scopes'][number]>()
  readonly #receipts = new Map<number, Rows['receipts'][number]>()
  readonly #journal = new Map<number, Rows['journal'][number]>()
  readonly #expired = new Map<string, Rows['expired'][number]>()
  readonly outbox = new Map<number, OutboxRow>()

  apply(writes: readonly LedgerWrite[]): void {
    for (const write of JSON.parse(JSON.stringify(writes)) as LedgerWrite[]) this.#applyOne(write)
  }

  /** What a new run reads; the epoch is counted up. */
  load(): LedgerRows {
    this.#epoch += 1
    const rows: LedgerRows = {
      epoch: this.#epoch,
      team: this.#team,
      policy: this.#policy,
      starting: this.#starting,
      learned: this.#learned,
      told: this.#told,
      keys: [...this.#keys.values()],
      budgets: [...this.#budgets.values()],
      scopes: [...this.#scopes.values()],
      outbox: [...this.outbox.values()].map(({ seq, requestId, rememberUntil }) => ({ seq, requestId, rememberUntil })),
      receipts: [...this.#receipts.values()],
      journal: [...this.#journal.values()],
      expired: [...this.#expired.values()],
    }
    return JSON.parse(JSON.stringify(rows)) as LedgerRows
  }

  /** The rows as the changes that would write them anew. */
  asWrites(): LedgerWrite[] {
    return [
      ...(this.#team === null ? [] : [{ table: 'team' as const, team: this.#team }]),
      { table: 'learned', learned: this.#learned },
      ...[...this.#keys.values()].map((key): LedgerWrite => ({ table: 'keys', key })),
      ...[...this.#budgets.values()].map((budget): LedgerWrite => ({ table: 'budgets', budget })),
      ...[...this.#scopes.values()].map((scope): LedgerWrite => ({ table: 'scopes', scope })),
      ...[...this.#receipts.values()].map((receipt): LedgerWrite => ({ table: 'receipts', receipt })),
      ...[...this.#journal.values()].map((page): LedgerWrite => ({ table: 'journal', ...page })),
      ...[...this.#expired.values()].map((call): LedgerWrite => ({ table: 'expired', call })),
      ...[...this.outbox.values()].map((row): LedgerWrite => ({ table: 'outbox', row })),
    ]
  }

  get counts(): Readonly<Record<'outbox' | 'receipts' | 'journal' | 'expired' | 'scopes', number>> {
    return {
      outbox: this.outbox.size,
      receipts: this.#receipts.size,
      journal: this.#journal.size,
      expired: this.#expired.size,
      scopes: this.#scopes.size,
    }
  }

  #applyOne(write: LedgerWrite): void {
    switch (write.table) {
      case 'team':
        this.#team = write.team
        return
      case 'policy':
        this.#policy = { version: write.version, json: write.json }
        return
      case 'starting':
        this.#starting = { version: write.version, json: write.json }
        return
      case 'learned':
        this.#learned = write.learned
        return
      case 'told':
        this.#told = write.told
        return
      case 'keys':
        if ('removed' in write) this.#keys.delete(write.removed)
        else this.#keys.set(write.key.keyHash, write.key)
        return
      case 'budgets':
        if ('removed' in write) this.#budgets.delete(write.removed)
        else this.#budgets.set(write.budget.id, write.budget)
        return
      case 'scopes':
        if ('removed' in write) this.#scopes.delete(write.removed)
        else this.#scopes.set(write.scope.id, write.scope)
        return
      case 'outbox':
        if ('sentUpTo' in write) dropUpTo(this.outbox, write.sentUpTo)
        else insert(this.outbox, write.row.seq, write.row)
        return
      case 'receipts':
        if ('forgottenBefore' in write) {
          for (const [seq, { rememberUntil }] of this.#receipts)
            if (rememberUntil <= write.forgottenBefore) this.#receipts.delete(seq)
        } else insert(this.#receipts, write.receipt.seq, write.receipt)
        return
      case 'journal':
        if ('removed' in write) this.#journal.delete(write.removed)
        else this.#journal.set(write.page, { page: write.page, calls: write.calls })
        return
      case 'expired':
        if ('removed' in write) this.#expired.delete(write.removed)
        else this.#expired.set(write.call.requestId, write.call)
    }
  }
}

function insert<Row>(table: Map<number, Row>, seq: number, row: Row): void {
  if (table.has(seq)) throw new Error(`a row ${seq} is there already`)
  table.set(seq, row)
}

function dropUpTo(table: Map<number, unknown>, last: number): void {
  for (const seq of table.keys()) if (seq <= last) table.delete(seq)
}
