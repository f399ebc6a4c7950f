import { describe, expect, it } from 'vitest'
import { chatBodyOf, readCompletion } from '../../../../src/core/dialects/openai-completions/completion-request.ts'

const read = (fields: object) => readCompletion({ model: 'auto', prompt: 'a(', ...fields })

describe('a completion', () => {
  it.each([
    [{ suffix: ')' }, 'a(', ')'],
    [{ suffix: null }, 'a(', ''],
    [{ prompt: ['x'] }, 'x', ''],
    [{ prompt: '<|fim_prefix|>a\n<|fim_suffix|>\nb<|fim_middle|>' }, 'a\n', '\nb'],
    [{ prompt: '<fim_prefix>a<fim_suffix><fim_middle>\n' }, 'a', ''],
    [{ prompt: '<PRE> a <SUF>b <MID>' }, 'a', 'b'],
    [{ prompt: '<fim_prefix>a<fim_suffix><fim_middle>', suffix: 's' }, '<fim_prefix>a<fim_suffix><fim_middle>', 's'],
  ])('%j has its text before and after', (fields, prefix, suffix) => {
    expect(read(fields)).toMatchObject({ prefix, suffix })
  })

  it.each([
    [{ prompt: undefined }, 'prompt'],
    [{ prompt: ['a', 'b'] }, 'prompt'],
    [{ prompt: [1, 2] }, 'prompt'],
    [{ model: undefined }, 'model'],
    [{ suffix: 1 }, 'suffix'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
  ])('%j is refused', (fields, field) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ name: 'InvalidRequest', field }))
  })

  it('says which fields no chat answer satisfies', () => {
    expect(read({ n: 2, best_of: 3, logprobs: 0, echo: true }).onlyLegacy).toEqual(['n', 'best_of', 'logprobs', 'echo'])
    expect(read({ n: 1, best_of: 1, logprobs: null, echo: false }).onlyLegacy).toEqual([])
  })

  it('becomes a chat request without thinking, whose stops of white space are heeded here', () => {
    const body = chatBodyOf(read({ suffix: ')', stop: ['\n\n', 'end'], temperature: 0.2, best_of: 1, stream: true }))
    expect(body).toMatchObject({
      model: 'auto',
      stream: true,
      temperature: 0.2,
      max_tokens: 16,
      reasoning_effort: 'none',
      stop: ['end'],
    })
    expect(body).not.toHaveProperty('best_of')
    expect(body['messages']).toMatchObject([{ role: 'system' }, { role: 'user', content: 'a(<|cursor|>)' }])
  })
})
