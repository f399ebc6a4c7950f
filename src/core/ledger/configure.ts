/**
 * What an administrator changes in a ledger: team, keys, budgets, policy. Every change holds from the next call on.
 */
import type { Budget, WatchedBudget } from './budget.ts'
import { writeScope } from './calls.ts'
import type { Ledger, LedgerKey, LedgerTeam, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS, scopeOf } from './ledger-state.ts'

/** A command's answer: done, or why not. */
export type CommandAnswer = { readonly done: true } | { readonly done: false; readonly problem: string }

interface Command {
  readonly answer: CommandAnswer
  readonly writes: LedgerWrite[]
}

export function configureTeam(ledger: Ledger, team: LedgerTeam): Command {
  ledger.team = team
  return done([{ table: 'team', team }])
}

/** Adds a key, or replaces the one of the same hash. */
export function putKey(ledger: Ledger, key: LedgerKey): Command {
  if (!ledger.keys.has(key.keyHash) && ledger.keys.size >= LEDGER_LIMITS.keys) {
    return failed(`A team may have ${LEDGER_LIMITS.keys} keys at most.`)
  }
  ledger.keys.set(key.keyHash, key)
  return done([{ table: 'keys', key }])
}

/** The key, with all its hashes, is refused from now on. Calls in flight settle as they would have. */
export function revokeKey(ledger: Ledger, keyId: string, now: number): Command {
  const writes: LedgerWrite[] = []
  for (const key of ledger.keys.values()) {
    if (key.keyId !== keyId) continue
    const revoked = { ...key, revokedAt: key.revokedAt ?? now }
    ledger.keys.set(key.keyHash, revoked)
    writes.push({ table: 'keys', key: revoked })
  }
  return writes.length > 0 ? done(writes) : failed('There is no such key.')
}

/** Adds a budget, or replaces the one of the same id. The scope's mark is written with it: it may not have had one. */
export function putBudget(ledger: Ledger, budget: Budget, now: number): Command {
  if (!ledger.budgets.has(budget.id) && ledger.budgets.size >= LEDGER_LIMITS.budgets) {
    return failed(`A team may have ${LEDGER_LIMITS.budgets} budgets at most.`)
  }
  const thresholds = [...budget.thresholds].sort((a, b) => a - b)
  const watched: WatchedBudget = { ...budget, thresholds, toldThreshold: 0, toldWindow: -1 }
  ledger.budgets.set(budget.id, watched)
  return done([{ table: 'budgets', budget: { ...watched } }, writeScope(ledger, scopeOf(ledger, budget.scope), now)])
}

export function removeBudget(ledger: Ledger, budgetId: string): Command {
  if (!ledger.budgets.delete(budgetId)) return failed('There is no such budget.')
  return done([{ table: 'budgets', removed: budgetId }])
}

/** Stores the policy as the next version; gateways get it with their next admission. */
export function putPolicy(ledger: Ledger, json: string): { version: number; writes: LedgerWrite[] } {
  const version = (ledger.policy?.version ?? 0) + 1
  ledger.policy = { version, json }
  return { version, writes: [{ table: 'policy', version, json }] }
}

function done(writes: LedgerWrite[]): Command {
  return { answer: { done: true }, writes }
}

function failed(problem: string): Command {
  return { answer: { done: false, problem }, writes: [] }
}
