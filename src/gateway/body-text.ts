/** Gives the pure scanners a body: its bytes and the same bytes as a string of one character each. */
import type { BodyText } from '../core/dialects/body-text.ts'

const oneCharacterAByte = new TextDecoder('latin1')
const utf8 = new TextDecoder()

export function bodyText(bytes: Uint8Array): BodyText {
  return {
    bytes,
    latin1: oneCharacterAByte.decode(bytes),
    decode: (start, end) => utf8.decode(bytes.subarray(start, end)),
  }
}
