import { describe, expect, it } from 'vitest'
import { isContextOverflow, kindOfStatus } from '../../../src/core/chat/provider-error.ts'

describe('isContextOverflow', () => {
  it.each([
    'prompt is too long: 210000 tokens > 200000 maximum',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'Request too large: too many input tokens',
  ])('knows a full context: %s', (message) => {
    expect(isContextOverflow(null, message)).toBe(true)
  })

  it.each([
    'max_tokens: 99 > 64, which is the maximum allowed number of output tokens',
    'The max_tokens you requested exceeds the maximum of this model',
    'Invalid value',
    '',
  ])('knows other errors: %s', (message) => {
    expect(isContextOverflow(null, message)).toBe(false)
  })

  it('believes the code', () => {
    expect(isContextOverflow('context_length_exceeded', '')).toBe(true)
  })
})

describe('kindOfStatus', () => {
  it.each([
    [400, 'invalid-request'],
    [422, 'invalid-request'],
    [418, 'invalid-request'],
    [302, 'unknown-model'],
    [405, 'unknown-model'],
    [429, 'rate-limit'],
    [529, 'overloaded'],
    [502, 'server'],
    [null, 'server'],
  ])('%s is %s', (status, kind) => {
    expect(kindOfStatus(status)).toBe(kind)
  })
})
