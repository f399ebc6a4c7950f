/**
 * The money of single sessions, kept only where a budget for each session is over them. A session's scope begins with
 * its first call, is forgotten a day after its last one, and their number is bounded: beyond it, the one that was idle
 * longest goes. One that is forgotten and comes back begins anew.
 */
import type { WatchedBudget } from './budget.ts'
import { begunNano, forgetHeirs, sessionNamed } from './heirs.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'
import type { Scope } from './scope.ts'
import { newScope, outstanding, sessionScopeId } from './scope.ts'

/** Whose call it is: its key, and the name of its session where the gateway told it. */
export interface CallOwner {
  readonly keyId: string
  readonly session: string | null
}

/** Idle sessions are looked for at whole hours, so that one alarm forgets many. */
const LOOK_MS = 60 * 60_000
/** How many sessions are looked at for one that may go. */
const CANDIDATES = 64

/**
 * The scope of a call's session; null: no budget is over it, or it has no name. One that is not known yet is made, with
 * what its calls in flight hold, and not kept: `keepSession` does that once something is charged or held there.
 */
export function sessionScope(ledger: Ledger, { keyId, session: told }: CallOwner): Scope | null {
  if (told === null) return null
  const session = sessionNamed(ledger, told)
  const id = sessionScopeId(session)
  const known = ledger.sessions.get(id)
  if (known !== undefined) return known
  if (sessionBudgets(ledger, keyId).length === 0) return null
  const scope = newScope(id, { keyId, lastAt: 0, told: {} })
  // A budget of each session knows no window but this one.
  scope.spent.total = { startsAt: 0, nano: begunNano(ledger, session) }
  for (const call of ledger.open.values()) {
    if (call.session !== session) continue
    scope.heldNano += call.amountNano + call.guardNano
    scope.openCalls += 1
    scope.silenceMs = Math.max(scope.silenceMs, call.silenceMs)
  }
  return scope
}

/** The budgets over each session of a key. */
export function sessionBudgets(ledger: Ledger, keyId: string): readonly WatchedBudget[] {
  const ofTeam = ledger.budgetsByScope.get('sessions') ?? []
  const ofKey = ledger.budgetsByScope.get(`sessions:${keyId}`) ?? []
  return ofKey.length === 0 ? ofTeam : [...ofTeam, ...ofKey]
}

/** Keeps a session as the one used last. The row is that of another one, which had to go for it. */
export function keepSession(ledger: Ledger, scope: Scope, now: number): LedgerWrite[] {
  if (scope.session === null) return []
  scope.session = { ...scope.session, lastAt: Math.max(scope.session.lastAt, now) }
  const isNew = !ledger.sessions.delete(scope.id)
  ledger.sessions.set(scope.id, scope)
  if (!isNew || ledger.sessions.size <= LEDGER_LIMITS.sessions) return []
  let looked = 0
  for (const other of ledger.sessions.values()) {
    if (other !== scope && outstanding(other) === 0) return [forget(ledger, other)]
    if (++looked >= CANDIDATES) break
  }
  // All of them are at work: they are as many as calls in flight, and that is a bound too.
  return []
}

/** Forgets the sessions that have been idle for a day. */
export function forgetIdleSessions(ledger: Ledger, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const scope of ledger.sessions.values()) {
    if ((scope.session?.lastAt ?? 0) + LEDGER_LIMITS.sessionIdleMs > now) break
    if (outstanding(scope) === 0) writes.push(forget(ledger, scope))
  }
  return writes
}

/** When the next session may be forgotten; null: none is kept. */
export function nextSessionEnd(ledger: Ledger): number | null {
  const oldest = ledger.sessions.values().next().value
  if (oldest === undefined || oldest.session === null) return null
  // With something outstanding the call's own deadline wakes the ledger.
  if (outstanding(oldest) > 0) return null
  return Math.ceil((oldest.session.lastAt + LEDGER_LIMITS.sessionIdleMs) / LOOK_MS) * LOOK_MS
}

function forget(ledger: Ledger, scope: Scope): LedgerWrite {
  const { id } = scope
  ledger.sessions.delete(id)
  forgetHeirs(ledger, scope)
  return { table: 'scopes', removed: id }
}
