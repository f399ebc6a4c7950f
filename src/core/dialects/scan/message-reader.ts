/**
 * Reads the list of messages of any dialect: one visitor a message, type errors noted, shapes and hashes kept.
 * It decides where a message begins and ends; what its members mean is the dialect's business.
 */
import { KeyNames } from './key-names.ts'
import { readArray, type Overridden } from './object-reader.ts'
import type { JsonWalker } from './json-walker.ts'
import { MessageTally, type Conversation } from './message-tally.ts'
import { kindOf, type Complaint } from './request-fields.ts'

/** The roles of all dialects. */
export const ROLE_NAMES = new KeyNames(['user', 'assistant', 'system', 'developer', 'tool', 'function'])

const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

/** What a message reader is given besides the walker, which stands on the message's opening brace. */
interface MessageContext {
  readonly tally: MessageTally
  readonly overridden: Overridden | undefined
  /** Notes that a member has a type no model could serve. */
  complain(member: string, expected: 'string' | 'array' | 'object', first: number): void
}

export type MessageReader = (walker: JsonWalker, context: MessageContext) => void

/** Reads the messages the walker stands on into the conversation. An empty list is noted as wrong. */
export function readMessages(
  walker: JsonWalker,
  field: string,
  parts: { conversation: Conversation; complaint: Complaint; read: MessageReader; overridden: Overridden | undefined },
): void {
  const { conversation, complaint, read, overridden } = parts
  const { wording } = complaint
  const first = walker.peek()
  if (first !== OPEN_ARRAY) {
    walker.value()
    complaint.note(field, wording.wrongType(field, 'array', kindOf(first)))
    return
  }
  const count = readArray(walker, (index) => {
    const start = walker.position
    const tally = new MessageTally()
    const complain: MessageContext['complain'] = (member, expected, got) => {
      const path = `${field}.${index}${member === '' ? '' : `.${member}`}`
      complaint.note(path, wording.wrongType(path, expected, kindOf(got)))
    }
    walker.seed()
    if (walker.peek() === OPEN_OBJECT) read(walker, { tally, overridden, complain })
    else {
      complain('', 'object', walker.peek())
      walker.value()
    }
    conversation.add(walker, { start, end: walker.position }, tally)
  })
  if (count === 0) complaint.note(field, wording.empty(field, 'array'))
}
