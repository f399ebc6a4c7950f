import { describe, expect, it } from 'vitest'
import { coolingNow } from '../../../src/core/ledger/cooling-report.ts'
import type { Ledger } from '../../../src/core/ledger/ledger-state.ts'

const failed = { failures: 2, failedAt: 0, rounds: 1, probe: null }

describe('what cools now', () => {
  it('is what still has time to go, and nothing that only failed once', () => {
    const cooldowns: Ledger['cooldowns'] = new Map([
      ['anthropic', { ...failed, until: 100 }],
      ['openai/gpt-4o', { ...failed, rounds: 3, until: 50 }],
      ['openai', { ...failed, until: null }],
    ])
    const ledger = { cooldowns } as Ledger
    expect(coolingNow(ledger, 49)).toEqual([
      { id: 'anthropic', until: 100, rounds: 1 },
      { id: 'openai/gpt-4o', until: 50, rounds: 3 },
    ])
    expect(coolingNow(ledger, 50)).toEqual([{ id: 'anthropic', until: 100, rounds: 1 }])
  })
})
