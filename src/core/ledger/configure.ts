/**
 * What an administrator changes in a ledger: team, budgets, policy. Every change holds from the next call on. Keys are
 * in `configure-keys.ts`.
 */
import type { Budget, WatchedBudget } from './budget.ts'
import { isEachSession, UNWATCHED } from './budget.ts'
import { writeScope } from './calls.ts'
import type { CheckedTeamPatch, CommandAnswer, PolicyAnswer } from './ledger-commands.ts'
import type { Ledger, LedgerTeam, LedgerWrite } from './ledger-state.ts'
import { indexBudgets, LEDGER_LIMITS, scopeOf } from './ledger-state.ts'
import type { Scope } from './scope.ts'
import { keepSession, sessionScope } from './sessions.ts'

/** A command carried out in memory, and the rows that must follow. */
export interface Command {
  readonly answer: CommandAnswer
  readonly writes: LedgerWrite[]
}

export function configureTeam(ledger: Ledger, team: LedgerTeam): Command {
  ledger.team = { ...team, revision: nextRevision(ledger.team) }
  return done([{ table: 'team', team: ledger.team }], ledger.team.revision)
}

/** Changes what the patch names. */
export function updateTeam(ledger: Ledger, patch: CheckedTeamPatch): Command {
  if (ledger.team === null) return failed('not_found', 'This team is not set up.')
  const { name = ledger.team.name, contact = ledger.team.contact, rateLimits = ledger.team.rateLimits } = patch
  return configureTeam(ledger, { ...ledger.team, name, contact, rateLimits })
}

/** Adds a budget, or replaces the one of the same id. The scope's mark is written with it: it may not have had one. */
export function putBudget(ledger: Ledger, budget: Budget, now: number): Command {
  if (!ledger.budgets.has(budget.id) && ledger.budgets.size >= LEDGER_LIMITS.budgets) {
    return failed('too_many', `A team may have ${LEDGER_LIMITS.budgets} budgets at most.`)
  }
  const thresholds = [...budget.thresholds].sort((a, b) => a - b)
  const watched: WatchedBudget = { ...budget, thresholds, ...UNWATCHED }
  ledger.budgets.set(budget.id, watched)
  indexBudgets(ledger)
  const { scope } = budget
  const marks = isEachSession(scope)
    ? markSessionsAtWork(ledger, now)
    : [writeScope(ledger, scopeOf(ledger, scope), now)]
  return done([{ table: 'budgets', budget: { ...watched } }, ...marks])
}

/** The sessions that a call in flight belongs to, and that a budget is over; those it is the first for are kept now. */
function markSessionsAtWork(ledger: Ledger, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  const atWork = new Set<Scope>()
  for (const call of ledger.open.values()) {
    const scope = sessionScope(ledger, call)
    if (scope === null || atWork.has(scope)) continue
    atWork.add(scope)
    writes.push(...keepSession(ledger, scope, now), writeScope(ledger, scope, now))
  }
  return writes
}

export function removeBudget(ledger: Ledger, budgetId: string): Command {
  if (!ledger.budgets.delete(budgetId)) return failed('not_found', 'There is no such budget.')
  indexBudgets(ledger)
  return done([{ table: 'budgets', removed: budgetId }])
}

/**
 * Stores the policy as the next version; gateways get it with their next admission. With `expectedVersion` only if the
 * stored one still has that version (0: there is none yet); null: whatever it is.
 */
export function putPolicy(
  ledger: Ledger,
  policy: { readonly json: string; readonly expectedVersion: number | null },
): { answer: PolicyAnswer; writes: LedgerWrite[] } {
  const known = ledger.policy?.version ?? 0
  if (policy.expectedVersion !== null && policy.expectedVersion !== known) {
    return { answer: { done: false, code: 'version_conflict', version: known }, writes: [] }
  }
  const version = known + 1
  ledger.policy = { version, json: policy.json }
  return { answer: { done: true, version }, writes: [{ table: 'policy', version, json: policy.json }] }
}

/** Stores what the team's log has taught, as the next version; nothing for a team that is not there, or that is known. */
export function putStarting(ledger: Ledger, json: string): LedgerWrite[] {
  if (ledger.team === null || ledger.starting?.json === json) return []
  const version = (ledger.starting?.version ?? 0) + 1
  ledger.starting = { version, json }
  return [{ table: 'starting', version, json }]
}

/** Of what is changed once more; 0: it is new. */
export function nextRevision(before: { readonly revision?: number } | null): number {
  return before === null ? 0 : (before.revision ?? 0) + 1
}

/** @param revision of the team or key, where one was changed */
export function done(writes: LedgerWrite[], revision?: number): Command {
  return { answer: { done: true, ...(revision === undefined ? {} : { revision }) }, writes }
}

export function failed(code: Extract<CommandAnswer, { done: false }>['code'], problem: string): Command {
  return { answer: { done: false, code, problem }, writes: [] }
}
