import { describe, expect, it } from 'vitest'
import { acceptedEffort } from '../../../src/core/dialects/adaptation.ts'

describe('the effort to send', () => {
  it.each<[string, readonly string[], string | null, string | null]>([
    ['medium', ['low', 'medium', 'high'], null, 'medium'],
    ['max', ['low', 'medium', 'high'], null, 'high'],
    ['none', ['low', 'medium'], null, 'low'],
    ['xhigh', ['max', 'low'], null, 'low'],
    ['max', ['low', 'medium', 'high', 'xhigh', 'max'], 'high', 'high'],
    ['low', ['low', 'medium', 'high'], 'high', 'low'],
    ['high', [], null, null],
    ['odd', ['odd'], null, 'odd'],
    ['odd', ['medium', 'high'], null, 'medium'],
  ])('%s of %j, at most %s: %s', (asked, accepted, highest, expected) => {
    expect(acceptedEffort(asked, accepted, highest)).toBe(expected)
  })
})
