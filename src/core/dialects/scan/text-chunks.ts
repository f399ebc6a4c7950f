/**
 * Arithmetic on chunks of eight bytes of a JSON string, held in two little-endian words.
 * It decides which bytes of a chunk are special; what they mean there is the walker's business.
 */

/** Bytes of a string that are read at once. */
export const CHUNK = 8

/** Characters that may follow a backslash, `u` apart. */
export const SIMPLE_ESCAPES = new Uint8Array(256)
for (const character of '"\\/bfnrt') SIMPLE_ESCAPES[character.charCodeAt(0)] = 1

/** The high bit of each of a word's four bytes. */
export const HIGH_BITS = 0x80808080 | 0

/** By the number of bytes of a chunk that count: which bits of its two words do. */
export const LOW_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1)
export const HIGH_MASKS = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1)

/**
 * The high bits of the bytes that end a run of plain text: those below 0x20 or a quote (x ^ 2 is then below 0x21) and a
 * backslash (x ^ 0x5c is then 0). A byte above the lowest of them may be there by mistake and is looked at again.
 */
export function specialBytes(word: number): number {
  return (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & ~word & HIGH_BITS
}

/** Offset of the first byte marked in either word; 8 if there is none. Without branches, which nobody could predict. */
export function firstSpecial(low: number, high: number): number {
  // The lowest set bit of a word is the high bit of its first marked byte; with no bit set this comes to 4.
  const inLow = (32 - Math.clz32((low & -low) - 1)) >> 3
  const inHigh = (32 - Math.clz32((high & -high) - 1)) >> 3
  return inLow + (inHigh & -(inLow >> 2))
}
