/**
 * The rest of a tool's input that was cut off: it makes valid JSON of it, and nothing that can be run. A half value may
 * look whole (`rm -rf build` of `rm -rf build/cache`), so every member that was told is told again as null, and the last
 * one of a name counts in every JSON parser. It never guesses what the rest would have been.
 */
import { closingQuote, isEscaped } from '../chat/json-text.ts'

interface Frame {
  readonly object: boolean
  /** What may come next. `value`: a key's, or an element of an array. */
  next: 'key' | 'colon' | 'value' | 'comma'
  members: number
}

/** Stands where a name is needed and none was told. */
const MISSING = '"incomplete_input":null'

/** `partial`: the JSON text so far, of an object. '' where it is whole already: a whole input was meant as it is. */
export function unrunnableRest(partial: string): string {
  const cut = readPartial(partial)
  if (cut.frames.length === 0) return cut.whole ? '' : `{${MISSING}}`
  const [outermost] = cut.frames
  let rest = cut.token
  for (const frame of cut.frames.toReversed()) {
    rest += closingOf(frame)
    if (frame !== outermost) rest += frame.object ? '}' : ']'
  }
  if (outermost?.object !== true) return `${rest}]`
  const again = [...new Set(cut.names)].map((name) => `,${name}:null`)
  return `${rest}${again.length === 0 ? MISSING : again.join('')}}`
}

/** What the frame still needs before its bracket. */
function closingOf(frame: Frame): string {
  switch (frame.next) {
    case 'colon':
      return ':null'
    case 'value':
      return frame.object || frame.members > 0 ? 'null' : ''
    case 'key':
      return frame.members > 0 ? MISSING : ''
    case 'comma':
      return ''
  }
}

interface Cut {
  /** Open brackets, the outermost first. */
  readonly frames: Frame[]
  /** The ending of a string, number or word that was cut. */
  token: string
  /** Names of the outermost object's members, quoted as they came. */
  readonly names: string[]
  whole: boolean
}

const PLAIN_TOKEN = /[[\]{},:]|[^\s[\]{},:"]+/y
const SPACE = /\s*/y

function readPartial(partial: string): Cut {
  const cut: Cut = { frames: [], token: '', names: [], whole: false }
  let at = 0
  for (;;) {
    SPACE.lastIndex = at
    at += SPACE.exec(partial)?.[0].length ?? 0
    if (at >= partial.length) return cut
    const token = tokenAt(partial, at)
    if (token === null) {
      cut.token = endOfString(partial, at)
      readToken(cut, partial.slice(at) + cut.token)
      return cut
    }
    at += token.length
    if (at >= partial.length) cut.token = endOfWord(token)
    readToken(cut, token + cut.token)
  }
}

/** Null: a string that was cut. */
function tokenAt(partial: string, at: number): string | null {
  PLAIN_TOKEN.lastIndex = at
  const plain = PLAIN_TOKEN.exec(partial)
  if (plain !== null) return plain[0]
  const end = closingQuote(partial, at)
  return end === -1 ? null : partial.slice(at, end + 1)
}

/** An escape that was cut is completed first. */
function endOfString(partial: string, start: number): string {
  const backslash = partial.lastIndexOf('\\')
  if (backslash < start || isEscaped(partial, backslash)) return '"'
  const escape = partial.slice(backslash + 1)
  if (escape === '') return '\\"'
  return /^u[0-9a-fA-F]{0,3}$/.test(escape) ? `${'0'.repeat(5 - escape.length)}"` : '"'
}

function endOfWord(token: string): string {
  const word = ['true', 'false', 'null'].find((candidate) => candidate.startsWith(token))
  if (word !== undefined) return word.slice(token.length)
  return /^-?(?:\d+\.|\d+(?:\.\d+)?[eE][+-]?)?$/.test(token) ? '0' : ''
}

function readToken(cut: Cut, token: string): void {
  const frame = cut.frames.at(-1)
  switch (token) {
    case '{':
    case '[':
      tookValue(frame)
      cut.frames.push({ object: token === '{', next: token === '{' ? 'key' : 'value', members: 0 })
      return
    case '}':
    case ']':
      cut.frames.pop()
      cut.whole = cut.frames.length === 0
      return
    case ':':
      if (frame !== undefined) frame.next = 'value'
      return
    case ',':
      if (frame !== undefined) frame.next = frame.object ? 'key' : 'value'
      return
  }
  if (frame?.object === true && frame.next === 'key') {
    frame.next = 'colon'
    if (cut.frames.length === 1) cut.names.push(token)
  } else tookValue(frame)
}

function tookValue(frame: Frame | undefined): void {
  if (frame === undefined) return
  frame.next = 'comma'
  frame.members += 1
}
