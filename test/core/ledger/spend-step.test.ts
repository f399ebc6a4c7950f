import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextSpendStep, type RunningHold } from '../../../src/core/ledger/spend-step.ts'

const NOW = Date.UTC(2026, 10, 23)
const RATE = 10

const hold = (more: Partial<RunningHold> = {}): RunningHold => ({
  hardCap: true,
  heldNano: 20_000,
  spentNano: 5_000,
  outputTokens: 400,
  outputRate: RATE,
  tokensLeft: 100_000,
  refused: null,
  deadlineAt: NOW + 300_000,
  silenceMs: 300_000,
  ...more,
})
const step = (more: Partial<RunningHold> = {}) => nextSpendStep(hold(more), NOW)
const refused = (roomNano: number, agoMs = 0) => ({ at: NOW - agoMs, roomNano })

describe('nextSpendStep', () => {
  it('lets a hold be that lasts for a while', () => {
    expect(step()).toEqual({ step: 'none' })
    expect(step({ spentNano: 20_000 - 128 * RATE })).toEqual({ step: 'none' })
  })

  it('asks for a step before the hold is used up, a longer one for a longer answer', () => {
    const spentNano = 20_000 - 127 * RATE
    expect(step({ spentNano })).toEqual({ step: 'extend', moreNano: (256 - 127) * RATE })
    expect(step({ spentNano, outputTokens: 1_000 })).toEqual({ step: 'extend', moreNano: (500 - 127) * RATE })
    expect(step({ spentNano, outputTokens: 10_000 })).toEqual({ step: 'extend', moreNano: (2_048 - 127) * RATE })
  })

  it('holds nothing beyond the output limit', () => {
    const spentNano = 20_000 - 100 * RATE
    expect(step({ spentNano, tokensLeft: 100 })).toEqual({ step: 'none' })
    expect(step({ spentNano, tokensLeft: 150 })).toEqual({ step: 'extend', moreNano: 50 * RATE })
  })

  it('takes the rest of a cap that has no room for a step', () => {
    expect(step({ spentNano: 19_000, refused: refused(1_000) })).toEqual({ step: 'extend', moreNano: 1_000 })
  })

  it('goes on after a refusal until the hold is used up, asking now and then', () => {
    expect(step({ spentNano: 19_000, refused: refused(0) })).toEqual({ step: 'none' })
    expect(step({ spentNano: 19_000, refused: refused(0, 250) })).toMatchObject({ step: 'extend' })
    expect(step({ spentNano: 20_000, refused: refused(0, 10) })).toEqual({ step: 'none' })
    expect(step({ spentNano: 20_001, refused: refused(0, 10) })).toEqual({ step: 'stop' })
    expect(step({ spentNano: 20_001, refused: refused(2_000) })).toEqual({ step: 'extend', moreNano: 2_000 })
  })

  it('gives a sign of life before the silence is over, with what was spent where no cap asks for more', () => {
    const deadlineAt = NOW + 149_999
    expect(step({ deadlineAt })).toEqual({ step: 'extend', moreNano: 0 })
    expect(step({ deadlineAt, hardCap: false, spentNano: 25_000 })).toEqual({ step: 'extend', moreNano: 5_000 })
    expect(step({ hardCap: false, spentNano: 25_000 })).toEqual({ step: 'none' })
  })

  it('never stops without a refusal, and never lets a refused call go on past its hold', () => {
    fc.assert(
      fc.property(
        fc.nat(50_000),
        fc.nat(50_000),
        fc.nat(2_000),
        fc.option(fc.nat(310)),
        (spentNano, heldNano, tokensLeft, room) => {
          const next = step({ spentNano, heldNano, tokensLeft, refused: room === null ? null : refused(room) })
          if (room === null) expect(next.step).not.toBe('stop')
          else expect(next.step === 'stop').toBe(spentNano > heldNano && tokensLeft > 0)
        },
      ),
    )
  })
})
