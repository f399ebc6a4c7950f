/**
 * Prints what `src/core/tokens/byte-weights.ts` is made from: bytes per token by the part of a request that holds a text,
 * and tokens per word, mark and so on, fitted by least squares on one half of the files and held against the other.
 */
import { textureOf, type Texture } from '../../../src/core/tokens/text-texture.ts'
import { Counter, ENCODINGS, type Encoding } from './count-tokens.ts'
import { bias, percent, quantile } from './errors.ts'
import { PARTS, shownTexts, type Part } from './shown-texts.ts'
import { isHeldOut } from './source-texts.ts'

/** As much as is looked at of a text. */
const SLICE = 1_024
const LEAST_SLICE = 100
const SLICES_A_TEXT = 6
/** Results are most of what is added to a conversation. */
const SHARES: Readonly<Record<Part, number>> = { system: 1, tools: 1, said: 1, input: 1, result: 4 }
const THINGS = ['words', 'humps', 'marks', 'markRuns', 'numbers', 'gaps', 'breaks', 'accented', 'wide'] as const

interface Slice {
  readonly part: Part
  readonly heldOut: boolean
  readonly texture: Texture
  readonly tokens: number
}

export function printFit(): void {
  for (const encoding of ENCODINGS) {
    const slices = slicesOf(encoding)
    const tuned = slices.filter(({ heldOut }) => !heldOut)
    const weights = leastSquares(tuned)
    console.log(`\n${encoding}: tokens per thing that a text is made of, fitted on ${tuned.length} slices`)
    console.table(Object.fromEntries(THINGS.map((thing, index) => [thing, weights[index]?.toFixed(2)])))
    console.log(`${encoding}: bytes per token, and both held against the other half`)
    console.table(Object.fromEntries(PARTS.map((part) => [part, partRow(slices, { part, weights })])))
  }
}

function slicesOf(encoding: Encoding): Slice[] {
  const counter = new Counter(encoding)
  const texts = shownTexts()
  return PARTS.flatMap((part) =>
    texts[part].flatMap((file) =>
      cut(file.text).map((text) => ({
        part,
        heldOut: isHeldOut(file),
        texture: textureOf([text]),
        tokens: counter.count(text),
      })),
    ),
  )
}

function cut(text: string): string[] {
  return Array.from({ length: SLICES_A_TEXT }, (_none, index) => text.slice(index * SLICE, (index + 1) * SLICE)).filter(
    ({ length }) => length >= LEAST_SLICE,
  )
}

function partRow(
  slices: readonly Slice[],
  { part, weights }: { readonly part: Part; readonly weights: readonly number[] },
): Record<string, string> {
  const own = slices.filter((slice) => slice.part === part)
  const tuned = own.filter(({ heldOut }) => !heldOut)
  const sum = (pick: (slice: Slice) => number): number => tuned.reduce((total, slice) => total + pick(slice), 0)
  const ratio = sum(({ texture }) => texture.bytes) / sum(({ tokens }) => tokens)
  const errorsOf = (estimate: (slice: Slice) => number): number[] =>
    own.filter(({ heldOut }) => heldOut).map((slice) => estimate(slice) / slice.tokens - 1)
  const byBytes = errorsOf(({ texture }) => texture.bytes / ratio)
  const byTexture = errorsOf(({ texture }) =>
    THINGS.reduce((total, thing, index) => total + texture[thing] * (weights[index] ?? 0), 0),
  )
  const off = (errors: readonly number[]): string =>
    [0.5, 0.95].map((share) => percent(quantile(errors.map(Math.abs), share))).join(' / ')
  return {
    'bytes per token': ratio.toFixed(2),
    'by bytes, off median / p95': off(byBytes),
    'by texture, off median / p95': off(byTexture),
    'its bias': bias(byTexture),
  }
}

/** Weights that make the squares of the errors, as shares of the true counts, least. */
function leastSquares(slices: readonly Slice[]): number[] {
  const size = THINGS.length
  const rows = Array.from({ length: size }, () => new Float64Array(size + 1))
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? 0
  const add = (row: number, column: number, value: number): void => {
    const values = rows[row]
    if (values !== undefined) values[column] = (values[column] ?? 0) + value
  }
  const counts = Object.fromEntries(PARTS.map((part) => [part, slices.filter((one) => one.part === part).length]))
  for (const { part, texture, tokens } of slices) {
    const weight = SHARES[part] / (counts[part] ?? 1) / tokens ** 2
    THINGS.forEach((one, row) => {
      THINGS.forEach((other, column) => add(row, column, weight * texture[one] * texture[other]))
      add(row, size, weight * texture[one] * tokens)
    })
  }
  // Gauss and Jordan; the matrix is positive definite, so that no pivot is looked for.
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue
      const factor = cell(row, pivot) / cell(pivot, pivot)
      for (let column = pivot; column <= size; column++) add(row, column, -factor * cell(pivot, column))
    }
  }
  return THINGS.map((_thing, row) => cell(row, size) / cell(row, row))
}
