/** Gives the pure scanners a body: its bytes, and a decoder for the few parts that are read as text. */
import type { BodyText } from '../core/dialects/body-text.ts'

const utf8 = new TextDecoder()

export function bodyText(bytes: Uint8Array): BodyText {
  return { bytes, decode: (start, end) => utf8.decode(bytes.subarray(start, end)) }
}
