/**
 * Where an event of a Chat Completions stream says `"usage": null`. OpenAI writes that into every chunk of a stream whose
 * client asked for usage, and into none of another's: https://developers.openai.com/api/reference/chat-completions/streaming-events
 */
import type { ByteRange } from '../dialects/body-text.ts'
import { objectMembers } from '../dialects/json-members.ts'
import { ascii, standsAt } from './json-reading.ts'

const DATA = ascii('data:')
const KEY = ascii('"usage"')
const NULL = ascii('null')
const LETTER_U = 0x75
const LF = 0x0a
const CR = 0x0d

/** The member with the comma that parts it from the others; null: there is none, or it holds something. */
export function nullUsageIn(event: Uint8Array): ByteRange | null {
  if (!names(event)) return null
  for (let line = 0; line < event.length; line = lineEnd(event, line) + 1) {
    if (standsAt(event, DATA, line)) return memberIn(event, line + DATA.length)
  }
  return null
}

/** A quote inside a value is escaped, so nothing a model writes looks like the key. */
function names(event: Uint8Array): boolean {
  for (let at = event.indexOf(LETTER_U); at !== -1; at = event.indexOf(LETTER_U, at + 1)) {
    if (standsAt(event, KEY, at - 1)) return true
  }
  return false
}

function lineEnd(event: Uint8Array, start: number): number {
  const feed = event.indexOf(LF, start)
  const newline = feed === -1 ? event.indexOf(CR, start) : feed
  return newline === -1 ? event.length : newline
}

function memberIn(event: Uint8Array, start: number): ByteRange | null {
  const members = objectMembers(event, start)?.members ?? []
  const at = members.findLastIndex(({ name }) => name === 'usage')
  const found = members[at]
  if (found === undefined || !standsAt(event, NULL, found.value.start)) return null
  const [before, after] = [members[at - 1], members[at + 1]]
  if (before !== undefined) return { start: before.value.end, end: found.value.end }
  return { start: found.key.start, end: after?.key.start ?? found.value.end }
}
