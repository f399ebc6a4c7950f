import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BYTES_PER_OUTPUT_TOKEN,
  BYTES_PER_TOKEN,
  textureWeight,
  weighBytes,
  weighImages,
  type TextKind,
} from '../../../src/core/tokens/byte-weights.ts'
import { textureOf } from '../../../src/core/tokens/text-texture.ts'

const KINDS: readonly TextKind[] = ['system', 'tools', 'said', 'input', 'result']
const PROSE = 'The gateway sends each call to the cheapest model that suffices, and it logs every decision it makes. '
const CODE = 'if (a[i]?.b !== c) { d(e, f[0]) }\n'

const weightOf = (text: string): number => textureWeight(textureOf([text])) ?? NaN

describe('weights', () => {
  it('are never negative and grow with every byte', () => {
    const bytes = fc.integer({ min: 0, max: 20_000_000 })
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), bytes, bytes, (kind, some, more) => {
        expect(weighBytes(kind, some)).toBeGreaterThanOrEqual(0)
        expect(weighBytes(kind, some + more)).toBeGreaterThanOrEqual(weighBytes(kind, some))
      }),
    )
  })

  it('are dearer for code than for prose, by kind and by texture', () => {
    expect(weighBytes('input', 100)).toBeGreaterThan(weighBytes('result', 100))
    expect(weighBytes('result', 100)).toBeGreaterThan(weighBytes('said', 100))
    expect(weightOf(CODE.repeat(20))).toBeGreaterThan(1.5 * weightOf(PROSE.repeat(20)))
  })

  it('bring prose near to what it is by kind', () => {
    expect(weightOf(PROSE.repeat(20)) / weighBytes('said', 1)).toBeGreaterThan(0.8)
    expect(weightOf(PROSE.repeat(20)) / weighBytes('said', 1)).toBeLessThan(1.2)
  })

  it('stay within what text can be, whatever a text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 100, maxLength: 3_000 }), (text) => {
        const weight = weightOf(text)
        expect(weight).toBeGreaterThanOrEqual(0.45)
        expect(weight).toBeLessThanOrEqual(2.4)
      }),
    )
    expect(weightOf('a'.repeat(5_000))).toBe(0.45)
    expect(weightOf('1a'.repeat(2_500))).toBe(2.4)
  })

  it('say nothing of a text that is too short', () => {
    expect(textureWeight(textureOf([]))).toBeNull()
    expect(textureWeight(textureOf(['x = 1']))).toBeNull()
  })

  it('make a picture 1,600 tokens, and an answer half speech, half input', () => {
    expect(weighImages(2) / BYTES_PER_TOKEN).toBeCloseTo(3_200)
    const tokens = (weighBytes('said', 50) + weighBytes('input', 50)) / BYTES_PER_TOKEN
    expect(BYTES_PER_OUTPUT_TOKEN).toBeCloseTo(100 / tokens)
  })
})
