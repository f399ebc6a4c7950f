import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { AdmitRequest } from '../../src/core/ledger/admission.ts'

const HASH = 'a'.repeat(64)

function ask(requestId: string, nano: number): AdmitRequest {
  const only = (price: number) => ({ 1: price, 2: null, 3: null })
  return {
    requestId,
    keyHash: HASH,
    policyVersion: null,
    quote: { expectedNano: only(nano), worstNano: only(nano * 10) },
  }
}

it('holds a cap against parallel admissions, also after the object slept', async () => {
  const ledger = env.LEDGERS.getByName('team-first')
  await ledger.configureTeam({ teamId: 'team-first', name: 'First' })
  await ledger.putKey({ keyId: 'k1', name: 'dev', keyHash: HASH, highestTier: 3, expiresAt: null })
  await ledger.putBudget({ scope: 'team', keyId: null, period: 'month', limitNano: 1000, mode: 'hard' })
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => ledger.admit(ask(`r${index}`, 30))))
  expect(answers.filter((answer) => answer.admitted)).toHaveLength(33)
  await evictDurableObject(ledger)
  expect(await ledger.admit(ask('later', 30))).toMatchObject({ admitted: false, refusal: { code: 'budget_reserved' } })
})
