import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { savingsOf } from '../../../src/core/pricing/savings.ts'

const money = fc.integer({ min: 0, max: 1e12 })

it('splits the whole saving into its causes, the overhead taken off', () => {
  const given = fc.record({
    baselineNano: money,
    servedPlainNano: money,
    servedNano: money,
    billedNano: money,
    overheadNano: money,
  })
  fc.assert(
    fc.property(given, (input) => {
      const { routingNano, cachingNano, batchNano, netNano } = savingsOf(input)
      expect(routingNano + cachingNano + batchNano).toBe(input.baselineNano - input.billedNano)
      expect(netNano).toBe(input.baselineNano - input.billedNano - input.overheadNano)
    }),
  )
})

it('names each cause', () => {
  const input = { baselineNano: 100, servedPlainNano: 60, servedNano: 40, billedNano: 20, overheadNano: 5 }
  expect(savingsOf(input)).toEqual({ routingNano: 40, cachingNano: 20, batchNano: 20, netNano: 75 })
})
