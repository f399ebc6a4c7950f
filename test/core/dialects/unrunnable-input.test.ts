import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unrunnableRest } from '../../../src/core/dialects/unrunnable-input.ts'

const joined = (partial: string): unknown => JSON.parse(partial + unrunnableRest(partial))

describe('unrunnableRest', () => {
  it.each([
    ['', { incomplete_input: null }],
    ['{', { incomplete_input: null }],
    ['{"comm', { comm: null }],
    ['{"command"', { command: null }],
    ['{"command":', { command: null }],
    ['{"command": "rm -rf build', { command: null }],
    ['{"command": "rm -rf build"', { command: null }],
    ['{"command": "rm -rf build",', { command: null, incomplete_input: null }],
    ['{"command": "ls", "timeout": 1', { command: null, timeout: null }],
    ['{"command": "ls", "timeout": -', { command: null, timeout: null }],
    ['{"a":"x\\', { a: null }],
    ['{"a":"x\\\\', { a: null }],
    ['{"a":"x\\u00', { a: null }],
    ['{"a":tr', { a: null }],
    ['{"a":{"b":[1,{"c":"d', { a: null }],
    ['{"edits":[{"old":"a","new":"b"},', { edits: null }],
  ])('%s', (partial, input) => {
    expect(joined(partial)).toEqual(input)
  })

  it('leaves a whole input as it is', () => {
    expect(unrunnableRest('{"command":"ls"}')).toBe('')
    expect(unrunnableRest(' {} ')).toBe('')
  })

  it.each([
    ['a text of 20 million characters', `{"content":"${'x'.repeat(20_000_000)}`, { content: null }],
    ['half an escape behind 20 million others', `{"content":"${'\\\\'.repeat(20_000_000)}\\`, { content: null }],
  ])('%s does not exhaust it', (_name, partial, input) => {
    expect(joined(partial)).toEqual(input)
  })

  it('closes what is nested 300,000 deep', () => {
    const partial = `{"a":${'['.repeat(300_000)}`
    expect(joined(partial)).toEqual({ a: null })
  })

  it('is valid JSON without a single value, wherever any input is cut', () => {
    const input = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
    fc.assert(
      fc.property(input, fc.boolean(), fc.nat(), (value, indented, where) => {
        const whole = JSON.stringify(value, null, indented ? 2 : 0)
        const partial = whole.slice(0, where % whole.length)
        const read = joined(partial)
        expect(Object.keys(read as object).length).toBeGreaterThan(0)
        expect(Object.values(read as object).every((member) => member === null)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
