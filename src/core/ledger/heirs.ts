/**
 * Names that lead to a session. A client that names none and goes on from a stored answer is asked for under a name made
 * of that answer's id: each answer leaves its session the name its next call will come by. The names are kept in the
 * session's row, which a settlement writes anyway, and go with it. Beyond a bound the one unused for longest is forgotten;
 * a name that is known leads to the right session, always.
 */
import type { Ledger } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'
import type { Heir, Scope } from './scope.ts'
import { sessionScopeId } from './scope.ts'

/** What a call leaves for the one that goes on from its answer. */
export interface LeftHeir {
  /** The name under which that one's session will be asked for. */
  readonly session: string
  /** Prompt and answer, in tokens of the reference tokenizer: what the next prompt holds at least; null: not counted. */
  readonly contextTokens: number | null
}

type WithHeirs = Pick<Ledger, 'heirs' | 'sessions'>

/** The session that a name leads to: the name's own, unless a call left it to another. */
export function sessionNamed({ heirs }: Pick<Ledger, 'heirs'>, name: string): string {
  return heirs.get(name) ?? name
}

/** Tokens of what a call under this name goes on from; null: nobody counted them, or nobody here knows the name. */
export function heldTokens(ledger: WithHeirs, name: string): number | null {
  return heirsOf(ledger, name).find(([heir]) => heir === name)?.[1] ?? null
}

/** A call came by this name: others may, too. */
export function renewHeir(ledger: WithHeirs, name: string): void {
  const session = ledger.heirs.get(name)
  const scope = session === undefined ? undefined : ledger.sessions.get(sessionScopeId(session))
  const heir = heirsOf(ledger, name).find(([known]) => known === name)
  if (session !== undefined && scope !== undefined && heir !== undefined) keepHeirs(ledger, scope, [heir])
}

/** Lets names lead to a session, the newest at the end. */
export function keepHeirs(ledger: WithHeirs, scope: Scope, heirs: readonly Heir[]): void {
  if (scope.session === null) return
  const renewed = new Set(heirs.map(([name]) => name))
  const all = [...(scope.session.heirs ?? []).filter(([name]) => !renewed.has(name)), ...heirs]
  const kept = all.slice(-LEDGER_LIMITS.heirs)
  for (const heir of all.slice(0, -LEDGER_LIMITS.heirs)) forgetName(ledger, scope, heir)
  scope.session = { ...scope.session, heirs: kept }
  for (const [name] of heirs.slice(-LEDGER_LIMITS.heirs)) {
    ledger.heirs.delete(name)
    ledger.heirs.set(name, sessionOf(scope))
  }
  forgetOldest(ledger)
}

/** The session is forgotten, and with it every name that led to it. */
export function forgetHeirs(ledger: WithHeirs, scope: Scope): void {
  for (const heir of scope.session?.heirs ?? []) forgetName(ledger, scope, heir)
}

/** The session's name, as calls tell it. */
export function sessionOf({ id }: Pick<Scope, 'id'>): string {
  return id.slice(sessionScopeId('').length)
}

function heirsOf({ heirs, sessions }: WithHeirs, name: string): readonly Heir[] {
  const session = heirs.get(name)
  return session === undefined ? [] : (sessions.get(sessionScopeId(session))?.session?.heirs ?? [])
}

/** The name may have been left to another session since. */
function forgetName({ heirs }: WithHeirs, scope: Scope, [name]: Heir): void {
  if (heirs.get(name) === sessionOf(scope)) heirs.delete(name)
}

/** In memory only: a row that still holds the name says nothing wrong. */
function forgetOldest({ heirs, sessions }: WithHeirs): void {
  for (const [name, session] of heirs) {
    if (heirs.size <= LEDGER_LIMITS.heirsInAll) return
    heirs.delete(name)
    const scope = sessions.get(sessionScopeId(session))
    if (scope === undefined || scope.session === null) continue
    scope.session = { ...scope.session, heirs: (scope.session.heirs ?? []).filter(([known]) => known !== name) }
  }
}
