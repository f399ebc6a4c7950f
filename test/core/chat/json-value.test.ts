import { describe, expect, it } from 'vitest'
import { parsedJson } from '../../../src/core/chat/json-value.ts'

describe('parsedJson', () => {
  const nested = (depth: number, open: string, close: string): string =>
    `{"a":${open.repeat(depth - 1)}0${close.repeat(depth - 1)}}`

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"b":', '}'],
  ])('reads %s as deep as anybody writes them, and none that could exhaust the stack', (_name, open, close) => {
    expect(parsedJson(nested(500, open, close))).toBeDefined()
    expect(parsedJson(nested(501, open, close))).toBeUndefined()
    expect(parsedJson(nested(300_000, open, close))).toBeUndefined()
  })

  it('tells brackets from texts, and beside each other from in each other', () => {
    const value = { text: '["\\[{'.repeat(1_000), 'a"[[': '\\', beside: Array.from({ length: 1_000 }, () => [{}]) }
    expect(parsedJson(JSON.stringify(value))).toEqual(value)
  })

  it('knows no value in what is no JSON', () => {
    expect(parsedJson('')).toBeUndefined()
    expect(parsedJson(`["${'a'.repeat(1_000)}`)).toBeUndefined()
  })
})
