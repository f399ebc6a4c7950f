/**
 * What a byte of a request weighs by the kind of text it is: `BYTES_PER_TOKEN` weighed bytes make a token of the reference
 * tokenizer, whatever they are bytes of, until a thread's own counts correct that. A table; it decides nothing.
 *
 * Where the figures come from: `npm run bench:tokens -- fit` prints them, from real texts of this repository and its
 * packages, counted with `gpt-tokenizer` (o200k_base; cl100k_base differs by at most 2% in any kind, so that one table
 * serves), fitted on one half of the files by hash and held against the other. Families of models differ by one factor,
 * the catalogue's `tokenizerRatio`, not by kind: Claude 4.5 and 4.6, of which no tokenizer is published, show 2.8
 * characters a token in what read tools returned to 2,880 real calls and 3.3 in sub-agents' reports, where o200k_base has
 * 3.2 in numbered files and 4.0 in prose (`npm run bench:tokens -- SESSIONS.jsonl.gz`).
 */
import type { Texture } from './text-texture.ts'

export type TextKind = 'system' | 'tools' | 'said' | 'input' | 'result'

/** Weighed bytes of a token of the reference tokenizer. */
export const BYTES_PER_TOKEN = 3.6

/** A large picture, in tokens; providers bill by area, up to about this much. */
const TOKENS_PER_IMAGE = 1_600

/** Tokens that the reference tokenizer (Claude 4.5, 4.6) makes of what is one token of o200k_base. */
const REFERENCE_PER_O200K = 1.15

/** Bytes for a token of o200k_base. */
const BYTES_PER_O200K: Readonly<Record<TextKind, number>> = {
  /** Instructions, as prose with markup. */
  system: 4.04,
  /** Definitions of tools: JSON, most of it descriptions. */
  tools: 4.64,
  /** What people and models say. */
  said: 4.71,
  /** What tools are called with: JSON of paths, commands and code. */
  input: 3.51,
  /** What tools return: files, numbered or not, lists of matches. */
  result: 3.69,
}

/**
 * Tokens of o200k_base for each thing that a text is made of. Outside of ASCII those of cl100k_base, which has twice as
 * many there: how Claude cuts other scripts is not published, and too low an estimate holds too little money.
 */
const O200K_PER: Readonly<Omit<Texture, 'bytes'>> = {
  words: 0.62,
  humps: 1.05,
  marks: 0.27,
  markRuns: 0.56,
  numbers: 1.95,
  gaps: 0.48,
  breaks: 0.58,
  accented: 0.76,
  wide: 1.09,
}

/** Bytes for a token of what models write: as much said as put into tools. */
export const BYTES_PER_OUTPUT_TOKEN =
  2 / (REFERENCE_PER_O200K / BYTES_PER_O200K.said + REFERENCE_PER_O200K / BYTES_PER_O200K.input)

/** A stretch of fewer bytes tells too little of a text. */
const LEAST_TEXTURE_BYTES = 64
/** No text weighs less or more: what would is no text (a picture's data, one letter without end). */
const WEIGHT = { least: 0.45, most: 2.4 } as const

const REFERENCE_BYTES = BYTES_PER_TOKEN * REFERENCE_PER_O200K
const WEIGHTS: Readonly<Record<TextKind, number>> = {
  system: REFERENCE_BYTES / BYTES_PER_O200K.system,
  tools: REFERENCE_BYTES / BYTES_PER_O200K.tools,
  said: REFERENCE_BYTES / BYTES_PER_O200K.said,
  input: REFERENCE_BYTES / BYTES_PER_O200K.input,
  result: REFERENCE_BYTES / BYTES_PER_O200K.result,
}

/** What so many bytes of a kind weigh. */
export function weighBytes(kind: TextKind, bytes: number): number {
  return bytes * WEIGHTS[kind]
}

/** What so many pictures weigh. */
export function weighImages(images: number): number {
  return images * TOKENS_PER_IMAGE * BYTES_PER_TOKEN
}

/** What a byte of a text weighs by its texture; null: too little of it is known. */
export function textureWeight(texture: Texture): number | null {
  if (texture.bytes < LEAST_TEXTURE_BYTES) return null
  const weight = (o200kTokens(texture) * REFERENCE_BYTES) / texture.bytes
  return Math.min(WEIGHT.most, Math.max(WEIGHT.least, weight))
}

function o200kTokens(texture: Texture): number {
  return (
    texture.words * O200K_PER.words +
    texture.humps * O200K_PER.humps +
    texture.marks * O200K_PER.marks +
    texture.markRuns * O200K_PER.markRuns +
    texture.numbers * O200K_PER.numbers +
    texture.gaps * O200K_PER.gaps +
    texture.breaks * O200K_PER.breaks +
    texture.accented * O200K_PER.accented +
    texture.wide * O200K_PER.wide
  )
}
