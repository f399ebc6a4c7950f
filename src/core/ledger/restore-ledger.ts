/**
 * A ledger at the start of a run, from its rows alone. Calls in the journal that were not closed are in flight still;
 * what the marks say beyond them was admitted in the last moment of the earlier run and is held as a sum until the
 * longest silence is over.
 */
import { UNWATCHED } from './budget.ts'
import { hold } from './calls.ts'
import { expectDeath } from './dead-keys.ts'
import { keepHeirs, sessionNamed } from './heirs.ts'
import type { Ledger, LedgerRows, LedgerWrite } from './ledger-state.ts'
import { indexBudgets, keepKey, scopeOf } from './ledger-state.ts'
import { NO_RATE_LIMITS } from './rate-limits.ts'
import type { Scope, ScopeId, ScopeRow } from './scope.ts'
import { newScope, scopeRow } from './scope.ts'

const START_CALL_MS = 20_000
const START_TOKENS = 2_000

/** What rows written before these members were thought of are taken to say. */
const TEAM_DEFAULTS = { contact: null, rateLimits: NO_RATE_LIMITS }
const KEY_DEFAULTS = {
  tags: {},
  allowedModels: null,
  policyOverride: null,
  overrideVersion: 0,
  rateLimits: NO_RATE_LIMITS,
  retiresAt: null,
}
const NO_SESSION = { session: null }
const NOTHING_TAKEN = { takenTokens: 0 }

/** `now` is the start of the run. The rows must be written before the run answers anything. */
export function restoreLedger(rows: LedgerRows, now: number): { ledger: Ledger; writes: LedgerWrite[] } {
  const ledger: Ledger = {
    epoch: rows.epoch,
    team: rows.team === null ? null : { ...TEAM_DEFAULTS, ...rows.team },
    policy: rows.policy === null ? null : { ...rows.policy },
    starting: rows.starting === null ? null : { ...rows.starting },
    keys: new Map(),
    keysById: new Map(),
    budgets: new Map(rows.budgets.map((budget) => [budget.id, { ...UNWATCHED, ...budget }])),
    budgetsByScope: new Map(),
    scopes: new Map<ScopeId, Scope>(),
    sessions: new Map<ScopeId, Scope>(),
    heirs: new Map(),
    open: new Map(),
    unjournalled: new Set(),
    pages: new Map(),
    expired: new Map(rows.expired.map((call) => [call.requestId, { ...NO_SESSION, ...NOTHING_TAKEN, ...call }])),
    closedEarlier: closedCalls(rows),
    recent: new Set(),
    learned: new Map(rows.learned.map(([kind, counts]) => [kind, [...counts]])),
    learnedSinceSaved: 0,
    told: new Map(rows.told),
    typicalCallMs: START_CALL_MS,
    typicalTokens: START_TOKENS,
    outboxRows: rows.outbox.length,
    nextSeq: 1 + Math.max(last(rows.outbox, 'seq'), last(rows.receipts, 'seq')),
    nextPage: 1 + last(rows.journal, 'page'),
    receiptUntil: earliest(rows.receipts),
    lastReceiptUntil: last(rows.receipts, 'rememberUntil'),
    cooldowns: new Map(),
    unsavedRefusals: new Set(),
    nextDeadKey: null,
  }
  for (const row of rows.keys) {
    const key = { ...KEY_DEFAULTS, ...row }
    keepKey(ledger, key)
    expectDeath(ledger, key)
  }
  indexBudgets(ledger)
  restoreScopes(ledger, rows)
  restoreCalls(ledger, rows, now)
  return { ledger, writes: carryOver(ledger, rows, now) }
}

/** The highest number given out so far; 0 if none. The lists may be too long to spread. */
function last<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return rows.reduce((highest, row) => Math.max(highest, row[name]), 0)
}

function earliest(receipts: LedgerRows['receipts']): number | null {
  if (receipts.length === 0) return null
  return receipts.reduce((until, receipt) => Math.min(until, receipt.rememberUntil), Infinity)
}

function closedCalls(rows: LedgerRows): Map<string, number> {
  const closed = new Map<string, number>()
  for (const receipt of rows.receipts) for (const id of receipt.requestIds) closed.set(id, receipt.rememberUntil)
  for (const row of rows.outbox) if (row.requestId !== null) closed.set(row.requestId, row.rememberUntil)
  return closed
}

/** Sessions in the order they were last used. */
function restoreScopes(ledger: Ledger, rows: LedgerRows): void {
  const lastAt = ({ session }: ScopeRow): number => session?.lastAt ?? 0
  for (const row of [...rows.scopes].sort((a, b) => lastAt(a) - lastAt(b))) {
    const session = row.session ?? null
    const scope = session === null ? scopeOf(ledger, row.id) : newScope(row.id, session)
    Object.assign(scope, { ...row, session, spent: { ...row.spent } })
    if (session === null) continue
    ledger.sessions.set(row.id, scope)
    keepHeirs(ledger, scope, session.heirs ?? [])
  }
}

function restoreCalls(ledger: Ledger, rows: LedgerRows, now: number): void {
  for (const { page, calls } of rows.journal) {
    const open = calls.filter(
      (call) => !ledger.closedEarlier.has(call.requestId) && !ledger.expired.has(call.requestId),
    )
    ledger.pages.set(page, { calls: new Set(calls.map((call) => call.requestId)), openCalls: open.length })
    for (const call of open) {
      const known = { ...NO_SESSION, ...NOTHING_TAKEN, ...call, page, quoted: null, kind: undefined }
      const session = known.session === null ? null : sessionNamed(ledger, known.session)
      hold(ledger, { ...known, session }, now)
    }
  }
}

/**
 * What the marks say beyond the known calls is held from now on. It is written at once: an object that often sleeps
 * would otherwise begin its time anew at every start.
 */
function carryOver(ledger: Ledger, rows: LedgerRows, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const row of rows.scopes) {
    const scope = ledger.sessions.get(row.id) ?? scopeOf(ledger, row.id)
    scope.markNano = row.markNano
    const unknownNano = row.markNano - scope.heldNano - row.carriedNano
    if (unknownNano <= 0) continue
    scope.carriedNano = row.carriedNano + unknownNano
    scope.carriedUntil = now + scope.silenceMs
    writes.push({ table: 'scopes', scope: scopeRow(scope) })
  }
  return writes
}
