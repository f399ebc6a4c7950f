/**
 * Settlement brings two sessions together: the call's own gets the name its next call will come by, and, where the ledger
 * did not know at admission which session a call belongs to, it is told now. Whatever came under the name meanwhile, its
 * money included, moves to the session it belongs to. The row of that one is the caller's to write.
 */
import type { AdmitRequest, SettleRequest } from './admission.ts'
import { isSessionName } from './calls.ts'
import type { LeftHeir } from './heirs.ts'
import { keepHeirs, sessionNamed, sessionOf } from './heirs.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { PERIODS } from './periods.ts'
import type { Scope } from './scope.ts'
import { currentWindow, sessionScopeId } from './scope.ts'
import type { CallOwner } from './sessions.ts'
import { keepSession, sessionBudgets, sessionScope } from './sessions.ts'

/** What a settlement tells of a call's session, before the call is charged. */
export function joinSessions(
  ledger: Ledger,
  told: { readonly call: CallOwner; readonly request: Pick<SettleRequest, 'origin' | 'heir'> },
  now: number,
): LedgerWrite[] {
  const { call, request } = told
  const { origin, heir } = request
  const writes: LedgerWrite[] = []
  if (origin !== undefined && call.session !== null) {
    const known = { session: call.session, contextTokens: null }
    writes.push(...leave(ledger, { owner: { ...call, session: origin }, heir: known }, now))
  }
  if (heir !== undefined) writes.push(...leave(ledger, { owner: call, heir }, now))
  return writes
}

/**
 * The name to wait a moment for: a call goes on from an answer that nobody here knows, while another call of its key is in
 * flight that may be the one that gave it. Null: there is nothing to wait for.
 */
export function awaitedHeir(ledger: Ledger, { keyHash, session = null, goesOn }: AdmitRequest): string | null {
  const key = ledger.keys.get(keyHash)
  if (goesOn !== true || session === null || key === undefined) return null
  if (ledger.heirs.has(session) || ledger.sessions.has(sessionScopeId(session))) return null
  if (sessionBudgets(ledger, key.keyId).length === 0) return null
  for (const call of ledger.open.values()) if (call.keyId === key.keyId && call.session !== null) return session
  return null
}

function leave(
  ledger: Ledger,
  left: { readonly owner: CallOwner; readonly heir: LeftHeir },
  now: number,
): LedgerWrite[] {
  const { owner, heir } = left
  if (!isSessionName(owner.session) || !isSessionName(heir.session)) return []
  const scope = sessionScope(ledger, owner)
  if (scope === null || sessionOf(scope) === sessionNamed(ledger, heir.session)) return []
  const writes = [...keepSession(ledger, scope, now), ...takeOver(ledger, { scope, name: heir.session }, now)]
  keepHeirs(ledger, scope, [[heir.session, heir.contextTokens]])
  return writes
}

/** Calls and money that came under the name before it led here. */
function takeOver(
  ledger: Ledger,
  { scope, name }: { readonly scope: Scope; readonly name: string },
  now: number,
): LedgerWrite[] {
  for (const call of ledger.open.values()) {
    if (call.session !== name) continue
    call.session = sessionOf(scope)
    scope.heldNano += call.amountNano + call.guardNano
    scope.openCalls += 1
    scope.silenceMs = Math.max(scope.silenceMs, call.silenceMs)
  }
  const early = ledger.sessions.get(sessionScopeId(name))
  if (early === undefined) return []
  ledger.sessions.delete(early.id)
  addSpent(scope, early, now)
  addFacts(scope, early)
  const heirs = early.session?.heirs ?? []
  keepHeirs(
    ledger,
    scope,
    heirs.filter(([heir]) => ledger.heirs.get(heir) === name),
  )
  return [{ table: 'scopes', removed: early.id }]
}

/** What was spent, and what a crash left unknown of what is held. */
function addSpent(scope: Scope, early: Scope, now: number): void {
  for (const period of PERIODS) {
    const [own, other] = [currentWindow(scope, period, now), currentWindow(early, period, now)]
    const startsAt = Math.max(own.startsAt, other.startsAt)
    const running = [own, other].filter((window) => window.startsAt === startsAt)
    scope.spent[period] = { startsAt, nano: running.reduce((sum, { nano }) => sum + nano, 0) }
  }
  scope.calls += early.calls
  scope.carriedNano += early.carriedNano
  scope.carriedUntil = Math.max(scope.carriedUntil, early.carriedUntil)
  scope.silenceMs = Math.max(scope.silenceMs, early.silenceMs)
}

/** A threshold that either has told is told. */
function addFacts(scope: Scope, { session: other }: Scope): void {
  const { session } = scope
  if (session === null || other === null) return
  const told = { ...session.told }
  for (const [budget, share] of Object.entries(other.told)) told[budget] = Math.max(told[budget] ?? 0, share)
  scope.session = { ...session, told, lastAt: Math.max(session.lastAt, other.lastAt) }
}
