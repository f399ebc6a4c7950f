/**
 * Which of a ledger's notices is an alert, how grave it is, and its sentence. A call charged as an estimate is none: the
 * log shows it.
 */
import type { LedgerNotice } from '../ledger/outbox-message.ts'
import type { BudgetPeriod } from '../ledger/periods.ts'
import type { ScopeId } from '../ledger/scope.ts'
import { dollars } from '../pricing/dollars.ts'
import type { CapReason } from '../session/loop-guard.ts'
import type { Alert, AlertKind, Severity } from './alert.ts'

/** From this share of a budget on a threshold is as grave as the cap itself. */
const NEARLY_ALL = 0.95

const CAPS: Readonly<Record<CapReason, string>> = {
  session_call_cap: 'calls in a session',
  repeated_call_cap: 'the same tool call again and again',
  no_progress_cap: 'calls without an edit or a passing test',
  iteration_cap: 'calls in a turn',
  subagent_tree_cap: 'calls of a tree of sub-agents',
}

interface Wording {
  readonly kind: AlertKind
  readonly severity: Severity
  readonly title: string
}

/** Null: nothing a person has to know at once. */
export function alertOfNotice(notice: LedgerNotice): Alert | null {
  const worded = wording(notice)
  if (worded === null) return null
  const { kind: noticeKind, id, teamId, at, ...details } = notice
  return { ...worded, id: `${noticeKind}:${id}`, teamId, at, details }
}

function wording(notice: LedgerNotice): Wording | null {
  switch (notice.kind) {
    case 'expired':
      return null
    case 'threshold':
      return threshold(notice)
    case 'cap_hit':
      return capHit(notice)
    case 'pace':
      return pace(notice)
    case 'unpriced':
      return unpriced(notice)
    case 'iteration_cap':
      return iterationCap(notice)
    case 'cooling':
      return {
        kind: 'target_cooling',
        severity: 'warning',
        title: `${notice.target} keeps failing and is left alone; calls go elsewhere until it answers again.`,
      }
    case 'back':
      return { kind: 'target_back', severity: 'warning', title: `${notice.target} answers again.` }
    case 'unaccounted':
      // A key's money is also the team's.
      return notice.scope === 'team' ? unaccounted(notice) : null
  }
}

type Notice<Kind extends LedgerNotice['kind']> = Extract<LedgerNotice, { kind: Kind }>

function threshold(notice: Notice<'threshold'>): Wording {
  const { threshold: share, spentNano, limitNano } = notice
  const spent = `${dollars(spentNano)} of ${dollars(limitNano)}`
  return {
    kind: 'budget_threshold',
    severity: share >= NEARLY_ALL ? 'critical' : 'warning',
    title: `${Math.round(share * 1000) / 10}% of ${budgetName(notice)} is spent: ${spent}.`,
  }
}

function capHit(notice: Notice<'cap_hit'>): Wording {
  const { spentNano, limitNano, resetsAt, tooLarge = false } = notice
  const resets = resetsAt === null ? '' : ` It resets on ${minute(resetsAt)}.`
  const what = tooLarge ? 'a call that was too large for what it has left' : 'a call that it had no room for'
  return {
    kind: 'cap_hit',
    // Others still go.
    severity: tooLarge ? 'warning' : 'critical',
    title: `${capital(budgetName(notice))} stopped ${what}: ${dollars(spentNano)} of ${dollars(limitNano)} spent.${resets}`,
  }
}

function pace(notice: Notice<'pace'>): Wording {
  const { limitNano, expectedNano, reachedAt } = notice
  const budget = budgetName({ ...notice, period: 'month' })
  return {
    kind: 'spend_pace',
    severity: 'warning',
    title: `At the pace of the last days ${budget} (${dollars(limitNano)}) is reached on ${day(reachedAt)}; the whole month would cost ${dollars(expectedNano)}.`,
  }
}

function unpriced({ target, leftOut }: Notice<'unpriced'>): Wording {
  const what = leftOut ? 'hard budgets leave it out' : 'what it costs no budget counts'
  return {
    kind: 'unpriced_model',
    severity: 'warning',
    title: `${target} has no price: ${what}. Give it a price in the policy.`,
  }
}

function iterationCap({ keyName, reason, stopped }: Notice<'iteration_cap'>): Wording {
  const end = stopped ? 'its turn was ended' : 'it goes on'
  return {
    kind: 'iteration_cap',
    // A person at the agent reads the gateway's message; where the policy lets the agent go on, nobody would know.
    severity: stopped ? 'info' : 'warning',
    title: `An agent of key "${keyName}" ran into a cap (${CAPS[reason]}); ${end}.`,
  }
}

function unaccounted({ upToNano }: Notice<'unaccounted'>): Wording {
  return {
    kind: 'unaccounted_money',
    severity: 'warning',
    title: `After a restart of the ledger up to ${dollars(upToNano)} was held for calls nobody claimed; it was released without a charge. Compare with the provider's bill.`,
  }
}

function budgetName(of: { period: BudgetPeriod; scope: ScopeId; scopeName: string }): string {
  if (of.scope.startsWith('session:')) return `the budget of a session of key "${of.scopeName}"`
  const owner = of.scope === 'team' ? 'team' : 'key'
  return `the ${of.period} budget of ${owner} "${of.scopeName}"`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
