/**
 * Budgets: what each leaves, and how a refusal is worded. A hard budget bounds spent money plus money held for calls in
 * flight; a soft one is only watched. It never decides what a call costs.
 */
import type { BudgetRefusal } from './admission.ts'
import type { BudgetPeriod } from './periods.ts'
import { periodEnd } from './periods.ts'
import type { Scope, ScopeId } from './scope.ts'
import { currentWindow, keyScope, outstanding } from './scope.ts'

/** `block`: refuse. `downgrade`: the dearest tier that still fits. `surface`: end the turn with a message. */
export type OnExceed = 'block' | 'downgrade' | 'surface'

/** What a budget is over: a scope, or each session for itself, of the whole team or of one key. */
export type BudgetScope = ScopeId | 'sessions' | `sessions:${string}`

export interface Budget {
  readonly id: string
  readonly scope: BudgetScope
  readonly period: BudgetPeriod
  readonly limitNano: number
  readonly mode: 'hard' | 'soft'
  /** Shares of the limit whose crossing is told, ascending. */
  readonly thresholds: readonly number[]
  readonly onExceed: OnExceed
}

/** A budget with what was told of it already. */
export interface WatchedBudget extends Budget {
  /** The highest threshold told in the window that began at `toldWindow`. */
  toldThreshold: number
  toldWindow: number
  /** How many calls it refused at their admission in the window that began at `refusedWindow`. */
  refusedCalls: number
  refusedWindow: number
}

/** Nothing was told of it, and nothing refused. */
export const UNWATCHED = { toldThreshold: 0, toldWindow: -1, refusedCalls: 0, refusedWindow: -1 } as const

/** How a budget stands, as a refusal tells it. */
export interface BudgetStanding {
  readonly budgetId: string
  readonly scope: 'team' | 'key' | 'session'
  /** The team's or the key's name; of a session's budget the name of its key. */
  readonly scopeName: string
  readonly period: BudgetPeriod
  readonly spentNano: number
  readonly reservedNano: number
  /** What the call had to hold, or more of, and found no room for. */
  readonly neededNano: number
  readonly limitNano: number
  /** Calls in flight that the reserved is held for; what an earlier run left behind is held for none of them. */
  readonly callsInFlight: number
  /** When the window ends; null for a total. */
  readonly resetsAt: number | null
  /** Seconds to wait, at most 60; null: waiting does not help. */
  readonly retryAfterSeconds: number | null
  readonly onExceed: OnExceed
  /** Who can raise it: the team's contact, else the key's owner; null: neither is known. */
  readonly askWhom: string | null
}

/** What a refusal needs to know beside the budget itself. */
export interface Telling {
  readonly now: number
  readonly typicalCallMs: number
  readonly scopeName: (scope: ScopeId) => string
  readonly askWhom: string | null
  /** Of what is held, the call's own: no other call's end frees it. Absent: the call holds nothing yet. */
  readonly ownNano?: number
}

/** A hard budget over a call, with what it leaves for one more. */
export interface Room {
  readonly budget: Budget
  readonly scope: Scope
  readonly spentNano: number
  readonly reservedNano: number
  readonly leftNano: number
}

const LONGEST_WAIT_SECONDS = 60

/** What each hard budget over a scope leaves. */
export function roomsIn(scope: Scope, budgets: readonly Budget[], now: number): Room[] {
  const found: Room[] = []
  for (const budget of budgets) {
    if (budget.mode !== 'hard') continue
    const spentNano = currentWindow(scope, budget.period, now).nano
    const reservedNano = outstanding(scope)
    found.push({ budget, scope, spentNano, reservedNano, leftNano: budget.limitNano - spentNano - reservedNano })
  }
  return found
}

export function tightestFirst(rooms: Room[]): Room[] {
  return rooms.sort((a, b) => a.leftNano - b.leftNano)
}

/** The budget that has no room for `nano`, worded as a refusal; null: all have. */
export function refusalFor(nano: number, left: readonly Room[], told: Telling): BudgetRefusal | null {
  const short = left.filter((room) => room.leftNano < nano)
  // A budget that would not fit even with nothing else in flight is the one waiting cannot help.
  const final = short.find((room) => room.budget.limitNano - room.spentNano < nano + (told.ownNano ?? 0))
  const room = final ?? short[0]
  if (room === undefined) return null
  return {
    code: final === undefined ? 'budget_reserved' : 'budget_exceeded',
    ...standing(room, told, { nano, final: final !== undefined }),
  }
}

/** How the budget stands, with the wait that would help: calls in flight ending, or the window doing so. */
function standing(
  room: Room,
  told: Telling,
  { nano, final }: { readonly nano: number; readonly final: boolean },
): BudgetStanding {
  const { budget, scope } = room
  const resetsAt = periodEnd(budget.period, currentWindow(scope, budget.period, told.now).startsAt)
  return {
    budgetId: budget.id,
    scope: budgetKind(budget.scope),
    scopeName: told.scopeName(scope.session === null ? scope.id : keyScope(scope.session.keyId)),
    period: budget.period,
    spentNano: room.spentNano,
    reservedNano: room.reservedNano,
    neededNano: nano,
    limitNano: budget.limitNano,
    callsInFlight: scope.openCalls,
    resetsAt,
    retryAfterSeconds: final ? secondsToReset(resetsAt, told.now) : secondsToRoom(scope, told),
    onExceed: budget.onExceed,
    askWhom: told.askWhom,
  }
}

export function budgetKind(scope: BudgetScope): BudgetStanding['scope'] {
  if (isEachSession(scope)) return 'session'
  return scope === 'team' ? 'team' : 'key'
}

/** Whether a budget is for each session of its key or team, and so over no scope of its own. */
export function isEachSession(scope: BudgetScope): scope is Exclude<BudgetScope, ScopeId> {
  return scope === 'sessions' || scope.startsWith('sessions:')
}

function secondsToReset(resetsAt: number | null, now: number): number | null {
  if (resetsAt === null) return null
  const seconds = Math.max(1, Math.ceil((resetsAt - now) / 1_000))
  return seconds <= LONGEST_WAIT_SECONDS ? seconds : null
}

/** Calls in flight are on average half done; what an earlier run left behind is freed at a known time. */
function secondsToRoom(scope: Scope, told: { readonly now: number; readonly typicalCallMs: number }): number {
  const waitMs = scope.heldNano > 0 ? told.typicalCallMs / 2 : scope.carriedUntil - told.now
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(waitMs / 1_000)))
}
