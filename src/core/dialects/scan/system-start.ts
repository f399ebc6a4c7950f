/**
 * Takes the beginning of the system instructions, wherever a dialect keeps them, to recognise agents by.
 * It never takes more than a short beginning.
 */
import type { BodyText, ByteRange } from '../body-text.ts'
import { decodeString, excerptCuts } from './string-text.ts'

const CHARACTERS_KEPT = 2_000

/** Bytes read of a text: some more than characters are kept, since characters and escapes take several. */
const HEAD = { head: 2 * CHARACTERS_KEPT, tail: 0 }

/** The first 2,000 characters of these texts, in order, one a line. */
export function readSystemStart(body: BodyText, texts: readonly ByteRange[]): string {
  let start = ''
  for (const text of texts) {
    if (start.length >= CHARACTERS_KEPT) break
    const cuts = excerptCuts(body.bytes, text, HEAD)
    const beginning = decodeString(body, text.start, cuts?.headEnd ?? text.end)
    start = start === '' ? beginning : `${start}\n${beginning}`
  }
  return start.slice(0, CHARACTERS_KEPT)
}
