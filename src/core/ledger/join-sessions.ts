/**
 * What a settlement tells of sessions. The call's own gets the name that those who go on from its answer will come by; of
 * the first answer of a conversation that is the name of a session which began with this call. And where the ledger did
 * not know at admission which session a call belongs to, it is told now. Whatever came under a name meanwhile, its money
 * included, moves to the session it belongs to.
 */
import type { AdmitRequest, SettleRequest } from './admission.ts'
import { isSessionName } from './calls.ts'
import { chargeScopes } from './charge-scopes.ts'
import type { LeftHeir } from './heirs.ts'
import { keepHeirs, sessionNamed, sessionOf } from './heirs.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { PERIODS } from './periods.ts'
import type { Scope } from './scope.ts'
import { currentWindow, sessionScopeId } from './scope.ts'
import type { CallOwner } from './sessions.ts'
import { keepSession, sessionBudgets, sessionScope } from './sessions.ts'

/** Before the call itself is charged: that writes the row of its session. */
export function joinSessions(
  ledger: Ledger,
  told: { readonly call: CallOwner; readonly request: Pick<SettleRequest, 'costNano' | 'origin' | 'heir'> },
  now: number,
): LedgerWrite[] {
  const { call, request } = told
  const { origin, heir, costNano: nano } = request
  const writes: LedgerWrite[] = []
  if (origin !== undefined && call.session !== null) {
    const known = { session: call.session, contextTokens: null, begins: false }
    writes.push(...leave(ledger, { owner: { ...call, session: origin }, heir: known, nano }, now))
  }
  if (heir !== undefined) writes.push(...leave(ledger, { owner: call, heir, nano }, now))
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
  left: { readonly owner: CallOwner; readonly heir: LeftHeir; readonly nano: number },
  now: number,
): LedgerWrite[] {
  const { owner, heir, nano } = left
  if (!isSessionName(owner.session) || !isSessionName(heir.session)) return []
  const scope = sessionScope(ledger, owner)
  if (scope === null || sessionOf(scope) === sessionNamed(ledger, heir.session)) return []
  const writes = keepSession(ledger, scope, now)
  if (heir.begins) {
    keepHeirs(ledger, scope, [[heir.session, heir.contextTokens, nano]])
    const early = ledger.sessions.get(sessionScopeId(heir.session))
    return early === undefined ? writes : [...writes, ...chargeScopes(ledger, { scopes: [early], nano }, now)]
  }
  writes.push(...takeOver(ledger, { scope, name: heir.session }, now))
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
    heirs.filter(([heir]) => ledger.heirs.get(heir)?.session === name),
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
