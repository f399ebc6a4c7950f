/**
 * Takes the beginning of the system instructions, wherever a dialect keeps them, to recognise agents by.
 * It never takes more than a short beginning.
 */
import type { BodyText, ByteRange } from '../body-text.ts'
import { textOf, recordOf } from './parsed-values.ts'
import { excerptJson } from './newest-messages.ts'

const CHARACTERS_KEPT = 2_000

/** Lists of blocks beyond this many bytes are looked at only where they are short otherwise. */
const EXCERPT = { head: CHARACTERS_KEPT + 500, tail: 0 }

/** The first 2,000 characters of the texts in these values (strings, or lists of text blocks), in order. */
export function readSystemStart(body: BodyText, ranges: readonly (ByteRange | undefined)[]): string {
  let start = ''
  for (const range of ranges) {
    if (start.length >= CHARACTERS_KEPT || range === undefined) continue
    const text = textIn(body, range)
    start = start === '' ? text : `${start}\n${text}`
  }
  return start.slice(0, CHARACTERS_KEPT)
}

function textIn(body: BodyText, range: ByteRange): string {
  const json = excerptJson(body, range, EXCERPT)
  if (json === null) return ''
  const value = JSON.parse(json) as unknown
  if (typeof value === 'string') return value
  const message = recordOf(value)
  const content = 'content' in message ? message['content'] : value
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return (content as readonly unknown[]).map((block) => textOf(recordOf(block)['text'])).join('\n')
}
