import { describe, expect, it } from 'vitest'
import { KNOWN_MODELS } from '../../../src/core/routing/models.ts'
import { mayProduceUnseen } from '../../../src/core/routing/unseen-output.ts'

const of = (id: string, needs: Partial<Parameters<typeof mayProduceUnseen>[1]> = {}): boolean => {
  const model = KNOWN_MODELS.find((one) => one.id === id) ?? expect.unreachable(`no model ${id}`)
  return mayProduceUnseen(model.capabilities, { thinking: null, effort: null, ...needs })
}

describe('mayProduceUnseen', () => {
  it('is so where thinking is asked for, or not turned off although it could be', () => {
    expect(of('claude-haiku-4-5')).toBe(false)
    expect(of('claude-haiku-4-5', { thinking: { kind: 'budget', budgetTokens: 1_024 } })).toBe(true)
    expect(of('gpt-6.1-terra')).toBe(true)
    expect(of('gpt-6.1-terra', { effort: 'none' })).toBe(false)
    expect(of('gpt-6.1-terra', { thinking: { kind: 'disabled' } })).toBe(false)
  })

  it('is so where thinking cannot be turned off, and never where a model knows none', () => {
    expect(of('claude-fable-5', { thinking: { kind: 'disabled' } })).toBe(true)
    expect(of('gpt-4.1', { effort: 'high', thinking: { kind: 'adaptive' } })).toBe(false)
  })
})
