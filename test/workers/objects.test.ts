import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { DecisionRecord } from '../../src/core/decisions/decision-record.ts'
import type { AdmitRequest } from '../../src/core/ledger/admission.ts'

const HASH = 'a'.repeat(64)

function ask(requestId: string, nano: number): AdmitRequest {
  return {
    requestId,
    keyHash: HASH,
    policyVersion: null,
    quote: { expectedNano: { 1: nano, 2: null, 3: null }, worstNano: { 1: nano * 10, 2: null, 3: null } },
  }
}

describe('ledger smoke', () => {
  it('admits, settles', async () => {
    const ledger = env.LEDGERS.getByName('team-smoke')
    await ledger.configureTeam({ teamId: 'team-smoke', name: 'Smoke' })
    await ledger.putKey({ keyId: 'k1', name: 'dev', keyHash: HASH, highestTier: 3, expiresAt: null })
    await ledger.putBudget({ scope: 'team', keyId: null, period: 'month', limitNano: 1000, mode: 'hard' })
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ledger.admit(ask(`r${i}`, 30))))
    expect(answers.filter((a) => a.admitted).length).toBe(33)
    const first = answers.find((a) => a.admitted)
    if (first?.admitted !== true) throw new Error('none admitted')
    const record = { id: 'r0', tier: 1 } as DecisionRecord
    expect(await ledger.settle({ reservation: first.reservation, costNano: 20, estimated: false, record })).toEqual({
      closed: true,
      how: 'charged',
    })
    await evictDurableObject(ledger)
    expect(await ledger.settle({ reservation: first.reservation, costNano: 20, estimated: false, record })).toEqual({
      closed: true,
      how: 'duplicate',
    })
      )
  })
})
