import { describe, expect, it } from 'vitest'
import { countCapped } from '../../../src/core/replay/turn-caps.ts'
import { traceOf } from './traces.ts'

const calls = (count: number, editAt: number | null = null): { startsTurn: boolean; edited: boolean }[] =>
  Array.from({ length: count }, (_, index) => ({ startsTurn: index === 0, edited: index === editAt }))

describe('countCapped', () => {
  it('surfaces the call after the cap', () => {
    const session = traceOf([...calls(25), ...calls(26), ...calls(3)])
    expect(countCapped([session], { perTurn: 25, withoutProgress: null })).toEqual({ turns: 3, surfaced: 1 })
  })

  it('counts anew after an edit', () => {
    const sessions = [traceOf(calls(40, 20)), traceOf(calls(40, 2)), traceOf(calls(26))]
    expect(countCapped(sessions, { perTurn: null, withoutProgress: 25 })).toEqual({ turns: 3, surfaced: 2 })
  })

  it('surfaces nothing without caps', () => {
    expect(countCapped([traceOf(calls(500))], { perTurn: null, withoutProgress: null }).surfaced).toBe(0)
  })
})
