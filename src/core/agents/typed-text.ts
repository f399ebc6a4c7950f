/**
 * Separates what a person typed from what their client put around it.
 * It decides by structure (tags, first words, fences that name a file), never by what the text asks for, and it keeps a
 * person's own pastes: a stack trace is a signal. Every pass is linear in the text.
 */

/** How a client dresses the text of a person. */
export interface Dress {
  /** Elements the client adds: dropped with all they hold. */
  readonly added: ReadonlySet<string>
  /** Elements around what the person typed: where one is found, only its inside counts. */
  readonly typed: ReadonlySet<string>
  /** Texts that begin with one of these are the client's own. */
  readonly ownStarts: readonly string[]
}

/** Elements many clients share. */
export const SHARED_ELEMENTS = [
  'system-reminder',
  'system_reminder',
  'env',
  'environment',
  'environment_context',
  'environment_details',
  'file',
  'file_content',
  'files',
  'attachments',
  'attachment',
] as const

/** The typed part of one text; '' if there is none. */
export function typedPart(text: string, dress: Dress): string {
  const trimmed = text.trim()
  if (dress.ownStarts.some((start) => trimmed.startsWith(start))) return ''
  const typed = insideOf(trimmed, dress.typed)
  if (typed !== null) return typed
  return dropFileFences(dropElements(trimmed, dress.added)).trim()
}

/** The text without these elements (`<name …>…</name>`); one that is never closed stays. */
export function dropElements(text: string, names: ReadonlySet<string>): string {
  let kept = ''
  let from = 0
  for (const element of elements(text, names)) {
    kept += text.slice(from, element.start)
    from = element.end
  }
  return from === 0 ? text : kept + text.slice(from)
}

/** The insides of these elements, one after another; null if there is none. */
export function insideOf(text: string, names: ReadonlySet<string>): string | null {
  if (names.size === 0) return null
  const found = [...elements(text, names)]
  if (found.length === 0) return null
  return found
    .map((element) => text.slice(element.innerStart, element.innerEnd).trim())
    .filter((inner) => inner !== '')
    .join('\n')
}

/** What stands between two markers, trimmed; to the end of the text if the second is missing; null without the first. */
export function between(text: string, first: string, last: string): string | null {
  const start = text.indexOf(first)
  if (start < 0) return null
  const from = start + first.length
  const end = text.indexOf(last, from)
  return text.slice(from, end < 0 ? text.length : end).trim()
}

interface Element {
  readonly start: number
  readonly innerStart: number
  readonly innerEnd: number
  readonly end: number
}

/** A tag's name and attributes are short; anything longer is text with a `<` in it. */
const LONGEST_TAG = 400

function* elements(text: string, names: ReadonlySet<string>): Generator<Element> {
  const unclosed = new Set<string>()
  let open = text.indexOf('<')
  while (open >= 0) {
    const element = elementAt(text, open, names, unclosed)
    if (element !== null) yield element
    open = text.indexOf('<', element === null ? open + 1 : element.end)
  }
}

function elementAt(text: string, start: number, names: ReadonlySet<string>, unclosed: Set<string>): Element | null {
  const tag = /^<([A-Za-z][\w-]*)/.exec(text.slice(start, start + 64))
  const name = tag?.[1] ?? ''
  if (!names.has(name) || unclosed.has(name)) return null
  const innerStart = text.indexOf('>', start) + 1
  if (innerStart === 0 || innerStart - start > LONGEST_TAG) return null
  const closing = `</${name}>`
  const innerEnd = text.indexOf(closing, innerStart)
  if (innerEnd < 0) {
    // Remembered, so that many unclosed tags do not search the rest of the text over and over.
    unclosed.add(name)
    return null
  }
  return { start, innerStart, innerEnd, end: innerEnd + closing.length }
}

/** Fences whose first line names a file are attachments of the client: "```ts src/app.ts (10-20)". */
function dropFileFences(text: string): string {
  if (!text.includes('```')) return text
  const kept: string[] = []
  let dropping = false
  let inFence = false
  for (const line of text.split('\n')) {
    const fence = line.trimStart().startsWith('```')
    if (!fence) {
      if (!dropping) kept.push(line)
      continue
    }
    if (!inFence && namesFile(line.trimStart().slice(3, 300))) dropping = true
    if (!dropping) kept.push(line)
    if (inFence) dropping = false
    inFence = !inFence
  }
  return kept.join('\n')
}

function namesFile(info: string): boolean {
  return info
    .trim()
    .split(/\s+/)
    .some((word) => /[^/\\]\.[A-Za-z]\w{0,9}$/.test(word) || /^[\w.@-]*[/\\][\w./\\@-]+$/.test(word))
}
