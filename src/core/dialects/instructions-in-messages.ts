/**
 * Instructions inside the conversation (`role: "system"` or `"developer"`), for models that take them only before it:
 * they become the user's words in the wrapping that coding agents use themselves. Their text keeps its bytes, its place
 * and its cache marks; only the wrapping is inserted around it.
 */
import type { AdaptInput, AdaptationDraft } from './adaptation.ts'
import type { ByteRange } from './body-text.ts'
import type { ObjectMembers } from './json-members.ts'
import { arrayElements, latin1, memberValue, objectMembers, smallValue } from './json-members.ts'
import type { Edit, FieldChange } from './passthrough.ts'
import { editObject } from './passthrough.ts'

const OPENING = '<system-reminder>'
const BEFORE = `${OPENING}\\n`
const AFTER = '\\n</system-reminder>'
const QUOTE = 0x22

/** Members that only an instruction message may have; without their value the message means the same. */
const ONLY_INSTRUCTIONS = ['output_config', 'clear_at']

const INSTRUCTIONS: ReadonlySet<string> = new Set(['system', 'developer'])

/** Converts the instructions that stand behind those the conversation begins with. */
export function convertInstructions(draft: AdaptationDraft, input: AdaptInput): void {
  const { messages, body, leadingInstructions } = input.scan
  let converted = 0
  for (const shape of messages.slice(leadingInstructions)) {
    if (!INSTRUCTIONS.has(shape.role)) continue
    const message = objectMembers(body.bytes, shape.range.start)
    const edits = message === null ? 'empty' : asUserMessage(body.bytes, message)
    if (typeof edits === 'string') continue
    draft.inner.push(...edits)
    converted += 1
  }
  if (converted > 0) draft.adaptations.push(`system_messages:as_user(${converted})`)
}

/**
 * The edits that make a user message of an instruction message. `empty`: it holds no text and has to go.
 * `not-text`: it holds something a user cannot say (a change of the tools).
 */
export function asUserMessage(bytes: Uint8Array, message: ObjectMembers): readonly Edit[] | 'empty' | 'not-text' {
  const content = memberValue(message, 'content')
  const texts = content === undefined ? [] : textRanges(bytes, content)
  if (texts === null) return 'not-text'
  if (texts.length === 0) return 'empty'
  const changes = new Map<string, FieldChange>([['role', '"user"']])
  for (const name of ONLY_INSTRUCTIONS) changes.set(name, null)
  return [...editObject(message, changes), ...texts.flatMap((range) => wrapped(bytes, range))]
}

/** The string ranges of a message's text; null if a block is anything but text. */
function textRanges(bytes: Uint8Array, content: ByteRange): ByteRange[] | null {
  if (bytes[content.start] === QUOTE) return [content]
  const blocks = arrayElements(bytes, content.start)
  if (blocks === null) return []
  const texts: ByteRange[] = []
  for (const block of blocks) {
    const members = objectMembers(bytes, block.start)
    const type = smallValue(bytes, memberValue(members, 'type'))
    const text = memberValue(members, 'text')
    if ((type !== 'text' && type !== 'input_text') || text === undefined) return null
    texts.push(text)
  }
  return texts
}

function wrapped(bytes: Uint8Array, text: ByteRange): Edit[] {
  const first = text.start + 1
  if (latin1(bytes, first, Math.min(first + OPENING.length, text.end)) === OPENING) return []
  const last = text.end - 1
  return [
    { start: first, end: first, text: BEFORE },
    { start: last, end: last, text: AFTER },
  ]
}
