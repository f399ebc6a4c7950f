import { describe, expect, it } from 'vitest'
import type { ReasoningAsked } from '../../../src/core/chat/reasoning-asked.ts'
import { NO_REASONING_ASKED, effortOf, formOf, spokenEffort } from '../../../src/core/chat/reasoning-asked.ts'

const asked = (given: Partial<ReasoningAsked>): ReasoningAsked => ({ ...NO_REASONING_ASKED, ...given })

describe('how much to think', () => {
  it.each([
    [asked({}), null],
    [asked({ form: 'disabled' }), 'none'],
    [asked({ form: 'disabled', effort: 'high' }), 'none'],
    [asked({ form: 'adaptive' }), null],
    [asked({ form: 'between-tools', effort: 'low' }), 'low'],
    [asked({ form: 'budget', budgetTokens: 4096 }), 'low'],
    [asked({ form: 'budget', budgetTokens: 4097 }), 'medium'],
    [asked({ form: 'budget', budgetTokens: 16_384 }), 'high'],
    [asked({ form: 'budget', budgetTokens: 16_385 }), 'xhigh'],
    [asked({ form: 'budget', budgetTokens: 1024, effort: 'max' }), 'max'],
  ])('as an effort: %j', (given, effort) => {
    expect(effortOf(given)).toBe(effort)
  })

  it.each([
    [asked({}), null, null],
    [asked({ effort: 'none' }), 'disabled', null],
    [asked({ effort: 'minimal' }), 'adaptive', 'low'],
    [asked({ effort: 'max' }), 'adaptive', 'max'],
    [asked({ form: 'budget', budgetTokens: 2000 }), 'budget', null],
  ])('as a form of thinking: %j', (given, form, effort) => {
    expect(formOf(given)).toBe(form)
    expect(spokenEffort(given)).toBe(effort)
  })

  it('comes back as the level it was, but for the one below low', () => {
    for (const effort of ['none', 'low', 'medium', 'high', 'xhigh', 'max']) {
      const there = asked({ effort })
      expect(effortOf(asked({ form: formOf(there), effort: spokenEffort(there) }))).toBe(effort)
    }
    expect(effortOf(asked({ form: 'adaptive', effort: spokenEffort(asked({ effort: 'minimal' })) }))).toBe('low')
  })
})
