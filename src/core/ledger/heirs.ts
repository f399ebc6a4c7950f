/**
 * Names that lead to a session. A client that names none and goes on from a stored answer is asked for under a name made
 * of that answer's id: each answer leaves its session the name its next call will come by. The first answer of a
 * conversation leaves the name of a session of its own, since others that begin alike are other conversations.
 *
 * The names are kept in the row of the session they were left by, which a settlement writes anyway, and go with it. Beyond
 * a bound the one unused for longest is forgotten; a name that is known leads to the right session, always.
 */
import type { Ledger } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'
import type { Heir, Scope } from './scope.ts'
import { sessionScopeId } from './scope.ts'

/** What a call leaves for those that go on from its answer. */
export interface LeftHeir {
  /** The name under which their session will be asked for. */
  readonly session: string
  /** Prompt and answer, in tokens of the reference tokenizer: what the next prompt holds at least; null: not counted. */
  readonly contextTokens: number | null
  /** The call went on from no answer: those that go on from its own are a session that began with it. */
  readonly begins: boolean
}

type WithHeirs = Pick<Ledger, 'heirs' | 'sessions'>

/** The session that a name leads to: one of that name, unless a call left the name to its own. */
export function sessionNamed({ heirs }: Pick<Ledger, 'heirs'>, name: string): string {
  const known = heirs.get(name)
  return known === undefined || known.heir[2] !== undefined ? name : known.session
}

/** Tokens of what a call under this name goes on from; null: nobody counted them, or nobody here knows the name. */
export function heldTokens({ heirs }: Pick<Ledger, 'heirs'>, name: string): number | null {
  return heirs.get(name)?.heir[1] ?? null
}

/** What the session of this name had spent before any call came by it. */
export function begunNano({ heirs }: Pick<Ledger, 'heirs'>, name: string): number {
  return heirs.get(name)?.heir[2] ?? 0
}

/** A call came by this name: others may, too. */
export function renewHeir(ledger: WithHeirs, name: string): void {
  const known = ledger.heirs.get(name)
  const scope = known === undefined ? undefined : ledger.sessions.get(sessionScopeId(known.session))
  if (known !== undefined && scope !== undefined) keepHeirs(ledger, scope, [known.heir])
}

/** Keeps names with a session, the newest at the end. */
export function keepHeirs(ledger: WithHeirs, scope: Scope, heirs: readonly Heir[]): void {
  if (scope.session === null) return
  const renewed = new Set(heirs.map(([name]) => name))
  const all = [...(scope.session.heirs ?? []).filter(([name]) => !renewed.has(name)), ...heirs]
  const kept = all.slice(-LEDGER_LIMITS.heirs)
  for (const heir of all.slice(0, -LEDGER_LIMITS.heirs)) forgetName(ledger, scope, heir)
  scope.session = { ...scope.session, heirs: kept }
  for (const heir of heirs.slice(-LEDGER_LIMITS.heirs)) {
    ledger.heirs.delete(heir[0])
    ledger.heirs.set(heir[0], { session: sessionOf(scope), heir })
  }
  forgetOldest(ledger)
}

/** The session is forgotten, and with it every name it kept. */
export function forgetHeirs(ledger: WithHeirs, scope: Scope): void {
  for (const heir of scope.session?.heirs ?? []) forgetName(ledger, scope, heir)
}

/** The session's name, as calls tell it. */
export function sessionOf({ id }: Pick<Scope, 'id'>): string {
  return id.slice(sessionScopeId('').length)
}

/** The name may have been left to another session since. */
function forgetName({ heirs }: WithHeirs, scope: Scope, [name]: Heir): void {
  if (heirs.get(name)?.session === sessionOf(scope)) heirs.delete(name)
}

/** In memory only: a row that still holds the name says nothing wrong. */
function forgetOldest({ heirs, sessions }: WithHeirs): void {
  for (const [name, { session }] of heirs) {
    if (heirs.size <= LEDGER_LIMITS.heirsInAll) return
    heirs.delete(name)
    const scope = sessions.get(sessionScopeId(session))
    if (scope === undefined || scope.session === null) continue
    scope.session = { ...scope.session, heirs: (scope.session.heirs ?? []).filter(([known]) => known !== name) }
  }
}
