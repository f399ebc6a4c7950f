import { expect, it } from 'vitest'
import { periodEnd, periodStart } from '../../../src/core/ledger/periods.ts'

const at = (text: string): number => Date.parse(`${text}Z`)

it.each([
  ['day', '2026-11-23T12:00', '2026-11-23T00:00', '2026-11-24T00:00'],
  ['day', '2026-11-23T00:00', '2026-11-23T00:00', '2026-11-24T00:00'],
  ['week', '2026-11-22T23:59:59.999', '2026-11-16T00:00', '2026-11-23T00:00'],
  ['week', '2026-11-23T00:00', '2026-11-23T00:00', '2026-11-30T00:00'],
  ['month', '2028-02-29T10:00', '2028-02-01T00:00', '2028-03-01T00:00'],
  ['month', '2026-12-31T23:59:59.999', '2026-12-01T00:00', '2027-01-01T00:00'],
] as const)('%s of %s', (period, now, start, end) => {
  expect(periodStart(period, at(now))).toBe(at(start))
  expect(periodEnd(period, at(start))).toBe(at(end))
})

it('a total never ends', () => {
  expect(periodStart('total', at('2026-11-23T12:00'))).toBe(0)
  expect(periodEnd('total', 0)).toBeNull()
})
