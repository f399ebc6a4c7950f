import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textureOf } from '../../../src/core/tokens/text-texture.ts'

const NOTHING = { words: 0, humps: 0, marks: 0, markRuns: 0, numbers: 0, gaps: 0, breaks: 0, accented: 0, wide: 0 }

describe('textureOf', () => {
  it('counts what a text is made of', () => {
    expect(textureOf(['  const readFile = (path) => {\n\t\treturn 42\n}'])).toEqual({
      ...NOTHING,
      words: 4,
      humps: 1,
      marks: 7,
      markRuns: 6,
      numbers: 1,
      gaps: 6,
      breaks: 2,
      bytes: 44,
    })
    expect(textureOf(['né 漢字 🎉'])).toEqual({ ...NOTHING, words: 1, gaps: 2, accented: 1, wide: 4, bytes: 15 })
  })

  it('begins every text anew', () => {
    expect(textureOf(['read', 'file'])).toMatchObject({ words: 2, bytes: 8 })
    expect(textureOf([])).toEqual({ ...NOTHING, bytes: 0 })
  })

  it('reads short texts whole, and so much of long ones, spread over them', () => {
    const short = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 4 })
    fc.assert(
      fc.property(short, (texts) => {
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
        expect(textureOf(texts).bytes).toBe(bytes)
      }),
    )
    const long = fc.array(fc.string({ minLength: 1, maxLength: 4_000 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(long, (texts) => {
        const length = texts.join('').length
        const { bytes } = textureOf(texts)
        expect(bytes).toBeLessThanOrEqual(1_024)
        expect(bytes).toBeGreaterThan(length <= 1_024 ? length - 1 : 0)
      }),
    )
  })

  it('sees every part of a text whose parts differ', () => {
    const words = 'word '.repeat(2_000)
    const numbers = '12345 '.repeat(2_000)
    const { words: told, numbers: counted } = textureOf([words, numbers])
    expect(told).toBeGreaterThan(70)
    expect(counted).toBeGreaterThan(70)
  })
})
