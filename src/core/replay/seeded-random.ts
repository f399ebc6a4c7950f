/**
 * Chance that repeats: numbers in [0, 1) from a seed, and a fixed split of sessions in two by the hash of their id.
 * For benchmarks and replay; nothing secret is made with it.
 */

/** A generator of numbers in [0, 1) (mulberry32). Equal seeds give equal sequences. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Which half a session belongs to: the lowest bit of the FNV-1a hash of its id. */
export function halfOf(id: string): 0 | 1 {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return (hash & 1) === 0 ? 0 : 1
}
