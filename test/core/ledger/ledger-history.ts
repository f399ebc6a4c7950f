/** A ledger with a past: what its reducer leaves of many calls, with the housekeeping between them that its object does. */
import { admit } from '../../../src/core/ledger/admit.ts'
import { settle } from '../../../src/core/ledger/close.ts'
import { housekeep, sent } from '../../../src/core/ledger/housekeeping.ts'
import type { LedgerWrite } from '../../../src/core/ledger/ledger-state.ts'
import { ask, budget, keyRow, LedgerRun, settlement } from './ledger-fixtures.ts'

const STEP_MS = 100

/**
 * All rows of a ledger that has made so many calls until `now`, in as many sessions as a tenth of them, as changes to be
 * written.
 */
export function rowsAfter(calls: number, keyHash: string, now: number): LedgerWrite[] {
  const run = new LedgerRun(
    [
      budget({ limitNano: 1e15 }),
      budget({ scope: 'key:k1', period: 'day', limitNano: 1e15 }),
      budget({ scope: 'sessions', period: 'session', limitNano: 1e12 }),
    ],
    [keyRow('k1', { keyHash })],
  )
  run.now = now - calls * STEP_MS
  for (let made = 0; made < calls; made++) {
    run.now += STEP_MS
    const session = `session ${Math.floor(made / 10)}`
    const answer = run.take(admit(run.ledger, ask(`call ${made}`, 1_000, { keyHash, session }), run.now))
    if (!answer.admitted) throw new Error(answer.refusal.code)
    run.take(settle(run.ledger, settlement(answer.reservation, 900), run.now))
    if (made % 100 !== 99) continue
    run.take(housekeep(run.ledger, run.now))
    run.take(sent(run.ledger, [...run.rows.outbox.values()]))
  }
  if (run.ledger.scopes.get('team')?.calls !== calls) throw new Error('not all calls were counted')
  return run.rows.asWrites()
}
