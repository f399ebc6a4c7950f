/**
 * Two 32-bit lanes that make one 53-bit hash: fast to feed with words, good enough to tell conversations apart.
 * It decides nothing about meaning, and it is no protection against someone who searches for collisions in their own
 * requests.
 */

/** Odd multipliers with well mixed bits. */
export const MIX_A = 0x9e3779b1 | 0
export const MIX_B = 0x85ebca6b | 0

/** Where every hash starts. */
export const SEED_A = 0x243f6a88 | 0
export const SEED_B = 0x13198a2e | 0

/** Spreads the bits of a word over all of its bits. */
export function avalanche(word: number): number {
  let spread = word ^ (word >>> 16)
  spread = Math.imul(spread, 0x7feb352d)
  spread ^= spread >>> 15
  spread = Math.imul(spread, 0x846ca68b)
  return spread ^ (spread >>> 16)
}

/** Takes a finished lane of a part into the lane of the whole. */
export function mixLane(lane: number, part: number): number {
  return Math.imul(((lane << 13) | (lane >>> 19)) ^ avalanche(part), MIX_A)
}

/** Both lanes as one safe integer of 53 bits. */
export function finishHash(a: number, b: number): number {
  const low = avalanche(a ^ Math.imul(b, MIX_B))
  const high = avalanche(b ^ Math.imul(low, MIX_A))
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0)
}

/** Hash of a short text, one character at a time. */
export function hashText(text: string): number {
  let a = SEED_A
  let b = SEED_B
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, MIX_A)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ unit, MIX_B)
  }
  return finishHash(a ^ text.length, b)
}
