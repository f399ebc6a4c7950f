/**
 * The journal: calls in flight, noted down a moment after admission and off its path, many to a row. An object that was
 * asleep, or killed a while after an admission, knows every call that was running; only what was admitted in the last
 * moment before a crash is known as a sum alone, by the scopes' marks.
 */
import type { JournalledCall, Ledger, LedgerWrite, OpenCall } from './ledger-state.ts'
import { allScopes, LEDGER_LIMITS } from './ledger-state.ts'
import { writeExactMark } from './calls.ts'
import { saveRefusals } from './refusals.ts'
import { outstanding } from './scope.ts'

const PAUSE_MS = 60_000

/** Notes down what is in flight and was not noted yet, and drops pages on which nothing is open. */
export function journal(ledger: Ledger): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const [number, page] of ledger.pages) {
    if (page.openCalls > 0) continue
    ledger.pages.delete(number)
    writes.push({ table: 'journal', removed: number })
  }
  const waiting = [...ledger.unjournalled]
  for (let start = 0; start < waiting.length; start += LEDGER_LIMITS.page) {
    const calls = waiting.slice(start, start + LEDGER_LIMITS.page).map((id) => ledger.open.get(id))
    writes.push(
      newPage(
        ledger,
        calls.filter((call) => call !== undefined),
      ),
    )
  }
  return writes
}

/** An open call's amount or deadline changed: what the journal says of it must follow. */
export function rejournal(ledger: Ledger, call: OpenCall): LedgerWrite {
  return call.page === null ? newPage(ledger, [call]) : writePage(ledger, call.page)
}

/**
 * No call came or ended for a while: the marks are set to exactly what is outstanding, so that a restart of a sleeping
 * object has nothing unknown to hold. What was refused meanwhile is written with them.
 */
export function exactMarks(ledger: Ledger): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const scope of allScopes(ledger)) {
    const write = writeExactMark(ledger, scope)
    if (write !== null) writes.push(write)
  }
  return [...writes, ...saveRefusals(ledger)]
}

/**
 * The same for sessions that have paused, while others go on: in a team that is never quiet a restart would else hold a
 * sum for every session of the day.
 */
export function tightenPausedSessions(ledger: Ledger, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const scope of ledger.sessions.values()) {
    if (scope.markNano === outstanding(scope) || (scope.session?.lastAt ?? 0) + PAUSE_MS > now) continue
    const write = writeExactMark(ledger, scope)
    if (write !== null) writes.push(write)
  }
  return writes
}

function newPage(ledger: Ledger, calls: readonly OpenCall[]): LedgerWrite {
  const number = ledger.nextPage++
  ledger.pages.set(number, { calls: new Set(calls.map((call) => call.requestId)), openCalls: calls.length })
  for (const call of calls) {
    call.page = number
    ledger.unjournalled.delete(call.requestId)
  }
  return writePage(ledger, number)
}

function writePage(ledger: Ledger, number: number): LedgerWrite {
  const calls: JournalledCall[] = []
  for (const id of ledger.pages.get(number)?.calls ?? []) {
    const call = ledger.open.get(id)
    if (call !== undefined) calls.push(journalled(call))
  }
  return { table: 'journal', page: number, calls }
}

function journalled(call: OpenCall): JournalledCall {
  const { page: _page, quoted: _quoted, kind: _kind, ...kept } = call
  return kept
}
