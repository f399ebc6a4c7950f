/**
 * How many tokens a text holds, told from the shapes of its characters: tokenizers cut at words, runs of marks, numbers
 * and line breaks, so counting those says far more than counting bytes. It decides nothing and knows no vocabulary.
 */

/** What a stretch of text is made of. */
export interface Texture {
  /** Runs of letters, and capitals inside of them that begin a word (`readFile`). */
  readonly words: number
  readonly humps: number
  /** Marks (`{`, `->`, `"`), and runs of them. */
  readonly marks: number
  readonly markRuns: number
  /** Runs of digits. */
  readonly numbers: number
  /** Runs of spaces, and runs of line breaks and tabs; a text's own beginning counts as a space. */
  readonly gaps: number
  readonly breaks: number
  /** Characters outside of ASCII: those of two bytes, and longer ones (in units of UTF-16). */
  readonly accented: number
  readonly wide: number
  /** All of it in UTF-8. */
  readonly bytes: number
}

/** Characters looked at of a text, however long it is, in so many windows spread over it. */
const SAMPLED = 1_024
const WINDOWS = 8
const WINDOW = SAMPLED / WINDOWS

const MARK = 0
const LOWER = 1
const UPPER = 2
const DIGIT = 3
const SPACE = 4
const BREAK = 5
const ACCENTED = 6
const WIDE = 7
/** Half of a pair that stands for one character of four bytes. */
const HALF = 8
const CLASS_COUNT = 9

const CLASSES = Uint8Array.from({ length: 128 }, (_none, code) => {
  const character = String.fromCharCode(code)
  if (/[a-z]/.test(character)) return LOWER
  if (/[A-Z]/.test(character)) return UPPER
  if (/[0-9]/.test(character)) return DIGIT
  if (code === 0x20) return SPACE
  return /[\n\r\t]/.test(character) ? BREAK : MARK
})

/** The texture of texts that follow each other: of all of them if they are short, else of windows spread over them. */
export function textureOf(texts: readonly string[]): Texture {
  const pairs = new Int32Array(CLASS_COUNT << 4)
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  if (length <= SAMPLED) {
    for (const text of texts) countPairs(pairs, text, { start: 0, end: text.length })
    return ofPairs(pairs)
  }
  const step = (length - WINDOW) / (WINDOWS - 1)
  let before = 0
  let window = 0
  for (const text of texts) {
    for (; window < WINDOWS && window * step < before + text.length; window++) {
      const start = Math.max(0, Math.floor(window * step) - before)
      countPairs(pairs, text, { start, end: Math.min(text.length, start + WINDOW) })
    }
    before += text.length
  }
  return ofPairs(pairs)
}

/** Counts which class of character follows which: one step for each, whatever is wanted of it later. */
function countPairs(pairs: Int32Array, text: string, { start, end }: { start: number; end: number }): void {
  let before = start === 0 ? SPACE : classOf(text.charCodeAt(start - 1))
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    const now = code < 0x80 ? (CLASSES[code] as number) : classOf(code)
    const pair = (before << 4) | now
    pairs[pair] = (pairs[pair] as number) + 1
    before = now
  }
}

function classOf(code: number): number {
  if (code < 0x80) return CLASSES[code] as number
  if (code < 0x800) return ACCENTED
  return code >= 0xd800 && code < 0xe000 ? HALF : WIDE
}

function ofPairs(pairs: Int32Array): Texture {
  const humps = after(pairs, LOWER, UPPER)
  const marks = total(pairs, MARK)
  const lower = total(pairs, LOWER)
  const upper = total(pairs, UPPER)
  const digits = total(pairs, DIGIT)
  const spaces = total(pairs, SPACE)
  const breaks = total(pairs, BREAK)
  const accented = total(pairs, ACCENTED)
  const wide = total(pairs, WIDE)
  const halves = total(pairs, HALF)
  const insideWords = humps + after(pairs, UPPER, LOWER) + after(pairs, LOWER, LOWER) + after(pairs, UPPER, UPPER)
  return {
    words: lower + upper - insideWords,
    humps,
    marks,
    markRuns: marks - after(pairs, MARK, MARK),
    numbers: digits - after(pairs, DIGIT, DIGIT),
    gaps: spaces - after(pairs, SPACE, SPACE),
    breaks: breaks - after(pairs, BREAK, BREAK),
    accented,
    wide: wide + halves,
    bytes: marks + lower + upper + digits + spaces + breaks + 2 * (accented + halves) + 3 * wide,
  }
}

/** Characters of a class. */
function total(pairs: Int32Array, now: number): number {
  let count = 0
  for (let before = 0; before < CLASS_COUNT; before++) count += after(pairs, before, now)
  return count
}

/** Characters of a class that follow one of another. */
function after(pairs: Int32Array, before: number, now: number): number {
  return pairs[(before << 4) | now] as number
}
