/** Keys that are long dead: until when they are known, and what is forgotten with them. */
import { describe, expect, it } from 'vitest'
import { admit } from '../../../src/core/ledger/admit.ts'
import { revokeKey, rotateKey } from '../../../src/core/ledger/configure-keys.ts'
import { housekeep, nextWake } from '../../../src/core/ledger/housekeeping.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import { ask, budget, keyRow, LedgerRun } from './ledger-fixtures.ts'

const { deadKeyMs, deadKeysAtOnce } = LEDGER_LIMITS
const DAY = 24 * 60 * 60_000

const codeOf = (run: LedgerRun, keyHash: string) => {
  const answer = run.take(admit(run.ledger, ask(`to ${keyHash} at ${run.now}`, 1, { keyHash }), run.now))
  return answer.admitted ? 'admitted' : answer.refusal.code
}

/** Everything that is due, as the alarm does it. */
function wake(run: LedgerRun): void {
  const at = nextWake(run.ledger, run.now)
  if (at === null) throw new Error('nothing wakes the ledger')
  run.now = Math.max(run.now, at)
  run.take(housekeep(run.ledger, run.now))
}

describe('a revoked key', () => {
  it('is known for forty days, then forgotten with its money and its budgets, also after a restart', () => {
    const run = new LedgerRun([
      budget(),
      budget({ scope: 'key:k1', limitNano: 500 }),
      budget({ scope: 'sessions:k1', period: 'session' }),
      budget({ scope: 'key:k2' }),
    ])
    run.take(revokeKey(run.ledger, 'k1', run.now))
    run.crash()
    run.now += deadKeyMs - DAY
    run.take(housekeep(run.ledger, run.now))
    expect(codeOf(run, 'hash of k1')).toBe('revoked_key')
    wake(run)
    expect(codeOf(run, 'hash of k1')).toBe('unknown_key')
    run.crash()
    expect(codeOf(run, 'hash of k1')).toBe('unknown_key')
    expect([...run.ledger.budgets.keys()]).toEqual(['team:month', 'key:k2:month'])
    expect([...run.ledger.keysById.keys()]).toEqual(['k2'])
    expect(run.ledger.scopes.has('key:k1')).toBe(false)
    expect(codeOf(run, 'hash of k2')).toBe('admitted')
    expect(run.ledger.nextDeadKey).toBeNull()
  })

  it('waits for its calls in flight', () => {
    const run = new LedgerRun([budget()])
    run.take(revokeKey(run.ledger, 'k1', run.now - deadKeyMs))
    run.ledger.open.set('long', { keyId: 'k1', deadlineAt: run.now + DAY } as never)
    run.take(housekeep(run.ledger, run.now))
    expect(codeOf(run, 'hash of k1')).toBe('revoked_key')
    run.ledger.open.delete('long')
    wake(run)
    expect(codeOf(run, 'hash of k1')).toBe('unknown_key')
  })

  it('is one of many: so many rows are forgotten at a time, and make room for others', () => {
    const count = 3 * deadKeysAtOnce + 1
    const ids = Array.from({ length: count }, (_, index) => `key-${index}`)
    const run = new LedgerRun(
      [],
      ids.map((id) => keyRow(id)),
    )
    for (const id of ids) run.take(revokeKey(run.ledger, id, run.now))
    run.now += deadKeyMs
    const left = [run.ledger.keys.size]
    while (run.ledger.keys.size > 0) {
      wake(run)
      expect(run.written).toBeLessThanOrEqual(2 * deadKeysAtOnce)
      left.push(run.ledger.keys.size)
    }
    expect(left).toEqual([151, 101, 51, 1, 0])
    expect(run.ledger.keysById.size).toBe(0)
  })
})

describe('a hash that was rotated away', () => {
  it('is forgotten forty days after its end; the key goes on', () => {
    const run = new LedgerRun([budget({ scope: 'key:k1' })])
    run.take(rotateKey(run.ledger, { keyId: 'k1', newHash: 'second', overlapMs: DAY }, run.now))
    run.now += deadKeyMs
    run.take(housekeep(run.ledger, run.now))
    expect(codeOf(run, 'hash of k1')).toBe('replaced_key')
    wake(run)
    expect(codeOf(run, 'hash of k1')).toBe('unknown_key')
    expect(codeOf(run, 'second')).toBe('admitted')
    expect([...run.ledger.budgets.keys()]).toEqual(['key:k1:month'])
  })
})
