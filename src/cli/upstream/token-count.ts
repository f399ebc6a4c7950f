/**
 * How many tokens a piece of content is. A deterministic rule of the scripted provider's own, so that a bill can be
 * checked against bytes: UTF-8 bytes / 4, times the model's tokenizer ratio (1.3 for the newer Claude tokenizers),
 * rounded up once per block. It never counts by guess, and shares nothing with the gateway's own estimates.
 */

/** Flat charge for an image block, whatever its size. */
export const IMAGE_TOKENS = 1_600

/** Tokens of one block of text under a tokenizer `ratio` (1 = four bytes a token). Empty text is 0. */
export function countTokens(text: string, ratio: number): number {
  return tokensOfBytes(Buffer.byteLength(text, 'utf8'), ratio)
}

/** Tokens of a block of so many UTF-8 bytes. */
export function tokensOfBytes(bytes: number, ratio: number): number {
  // Hundredths keep 1.3 from turning an exact multiple into one token more.
  return Math.ceil((bytes * Math.round(ratio * 100)) / 400)
}

/** A filler text that counts exactly `tokens` tokens under `ratio`. */
export function fillerOf(tokens: number, ratio: number): string {
  const bytes = Math.floor((tokens * 400) / Math.round(ratio * 100))
  const words = 'scripted words flow along the canal until the gate is closed and the field is dry '
  return words.repeat(Math.ceil(bytes / words.length)).slice(0, bytes)
}
