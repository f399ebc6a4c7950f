/**
 * Reads a Responses request in one pass over its bytes: https://platform.openai.com/docs/api-reference/responses/create
 * It decides what the request holds and what an answer to it needs; it never changes a byte and never names a tier.
 * Each item of `input` is a message here: what the model wrote (texts, calls, reasoning) is the assistant's, results of
 * calls are the tool's. Instructions the input begins with count as system as well.
 */
import type { BodyText } from '../body-text.ts'
import type { ProviderState, RequestNeeds, RequestScan } from '../request-scan.ts'
import { readContent, readInput } from '../scan/content-reader.ts'
import { readIdentity } from '../scan/identity.ts'
import type { JsonWalker } from '../scan/json-walker.ts'
import { KeyNames, readWord } from '../scan/key-names.ts'
import { readMessages, ROLE_NAMES, type MessageReader } from '../scan/message-reader.ts'
import { Conversation, MessageTally } from '../scan/message-tally.ts'
import { NewestMessages } from '../scan/newest-messages.ts'
import { readObject, type Overridden } from '../scan/object-reader.ts'
import { readEffort, readSampling, readToolChoice } from '../scan/openai-needs.ts'
import { OPENAI_WORDING } from '../scan/openai-wording.ts'
import { recordOf, textOf } from '../scan/parsed-values.ts'
import { Complaint, FieldValues, kindOf, readTopLevel, type FieldReader } from '../scan/request-fields.ts'
import { StaticPrefix } from '../scan/static-prefix.ts'
import { readSystemStart } from '../scan/system-start.ts'
import { itemKind, itemRole, responseBlocks } from './scan-blocks.ts'

const QUOTE = 0x22
const NULL_START = 0x6e

const ITEM_KEYS = new KeyNames([
  'type',
  'role',
  'content',
  'arguments',
  'input',
  'output',
  'action',
  'encrypted_content',
  'status',
  'id',
])

/** The common ones; any other is read as well. */
const ITEM_TYPES = new KeyNames([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'item_reference',
])

/**
 * Scans the body of `POST /v1/responses`.
 * Throws InvalidRequest if it is not JSON or a field has a type no model could serve. A request may leave `input` out
 * where it continues a stored conversation or uses a stored prompt.
 */
export function scanResponses(body: BodyText): RequestScan {
  const complaint = new Complaint(OPENAI_WORDING)
  let conversation = new Conversation()
  let prefix = new StaticPrefix()
  const { fields, deepest, longLivedMark } = readTopLevel(body, () => {
    conversation = new Conversation()
    prefix = new StaticPrefix()
    complaint.clear()
    return fieldReaders(conversation, prefix, complaint)
  })
  const values = new FieldValues(body, fields, complaint)
  const model = values.requiredText('model')
  const stream = values.flag('stream')
  const limit = values.wholeNumber('max_output_tokens', 1)
  const state = readState(values, conversation)
  if (!fields.has('input') && state === null && !values.has('prompt')) {
    complaint.note('input', OPENAI_WORDING.missing('input'))
  }
  complaint.throwIfAny()
  const { messages, lastAssistant } = conversation
  const newest = new NewestMessages(body, responseBlocks, deepest)
  const format = recordOf(recordOf(values.json('text'))['format'])
  return {
    dialect: 'openai-responses',
    body,
    fields,
    model,
    stream,
    outputLimit: limit === null ? null : { field: 'max_output_tokens', tokens: limit },
    messages,
    leadingInstructions: conversation.leadingInstructions,
    prefixHashes: conversation.prefixHashes,
    staticHash: prefix.hash(conversation.leadingA, conversation.leadingB),
    systemBytes: prefix.systemBytes + conversation.leadingBytes,
    toolsBytes: prefix.toolsBytes,
    toolNames: prefix.toolNames,
    toolRanges: prefix.toolRanges,
    toolMarks: prefix.toolMarks,
    cacheMarks: prefix.cacheMarks + conversation.cacheMarks,
    tailMarked: messages.slice(-2).some((message) => message.cacheMarks > 0),
    longLivedMarks: longLivedMark,
    lastAssistant,
    lastAnswer: newest.lastAnswer(messages, lastAssistant),
    news: newest.news(messages, lastAssistant),
    systemStart: readSystemStart(body, [...prefix.systemTexts, ...conversation.leadingTexts]),
    needs: readNeeds(values, conversation, prefix, state),
    identity: readIdentity(values),
    schemaProperties: Object.keys(recordOf(recordOf(format['schema'])['properties'])),
  }
}

function fieldReaders(
  conversation: Conversation,
  prefix: StaticPrefix,
  complaint: Complaint,
): ReadonlyMap<string, FieldReader> {
  const readInputField: FieldReader = (walker, overridden) => {
    if (walker.peek() === QUOTE) readTextInput(walker, conversation)
    else readMessages(walker, 'input', { conversation, complaint, read: readItem, overridden })
  }
  const readInstructions: FieldReader = (walker, overridden) => {
    const first = walker.peek()
    if (prefix.readSystem(walker, overridden)) return
    complaint.note('instructions', OPENAI_WORDING.wrongType('instructions', 'string', kindOf(first)))
  }
  const readTools: FieldReader = (walker, overridden) => {
    const first = walker.peek()
    if (prefix.readTools(walker, overridden)) return
    complaint.note('tools', OPENAI_WORDING.wrongType('tools', 'array', kindOf(first)))
  }
  return new Map<string, FieldReader>([
    ['input', readInputField],
    ['instructions', readInstructions],
    ['tools', readTools],
  ])
}

/** An input that is a string is one message of the user. */
function readTextInput(walker: JsonWalker, conversation: Conversation): void {
  const tally = new MessageTally()
  const start = walker.position
  tally.role = 'user'
  walker.seed()
  readContent(walker, tally)
  conversation.add(walker, { start, end: walker.position }, tally)
}

const readItem: MessageReader = (walker, { tally, overridden }) => {
  let type = ''
  let role = ''
  let encrypted = false
  let idStart = 0
  let idEnd = 0
  readObject(
    walker,
    ITEM_KEYS,
    (name) => {
      const first = walker.peek()
      switch (name) {
        case 'type':
          type = readWord(walker, ITEM_TYPES)
          return true
        case 'role':
          role = readWord(walker, ROLE_NAMES)
          return true
        case 'content':
        case 'output':
          readOutput(walker, tally, overridden)
          return true
        case 'arguments':
        case 'input':
        case 'action':
          readInput(walker, tally)
          return true
        case 'encrypted_content':
          walker.value()
          encrypted = first === QUOTE && walker.stringEnd > walker.stringStart
          return true
        case 'id':
          walker.value()
          if (first === QUOTE) {
            idStart = walker.stringStart
            idEnd = walker.stringEnd
          }
          return true
        case 'status':
          // The state of an item as it was streamed; the conversation is the same without it.
          walker.value()
          return false
        default:
          walker.value()
          return true
      }
    },
    overridden,
  )
  tally.role = itemRole(type, role)
  if (type === 'item_reference') tally.reference = walker.body.decode(idStart, idEnd) || type
  const kind = itemKind(type)
  if (kind === 'tool-call') tally.toolCalls++
  else if (kind === 'tool-result') {
    tally.toolResults++
    tally.resultBytes = tally.textBytes - tally.inputBytes
  } else if (kind === 'thinking') tally.thinkingBlocks++
  if (encrypted) tally.signed++
}

function readOutput(walker: JsonWalker, tally: MessageTally, overridden: Overridden | undefined): void {
  if (walker.peek() === NULL_START) walker.value()
  else readContent(walker, tally, overridden)
}

/** State kept by the provider: an earlier response, a stored conversation (its id, or an object with it), or items. */
function readState(values: FieldValues, { reference }: Conversation): ProviderState | null {
  const previous = values.text('previous_response_id') ?? ''
  if (previous !== '') return { kind: 'answer', id: previous }
  const stored = values.json('conversation')
  const conversation = textOf(stored) || textOf(recordOf(stored)['id'])
  if (conversation !== '') return { kind: 'conversation', id: conversation }
  return reference === '' ? null : { kind: 'items', id: reference }
}

function readNeeds(
  values: FieldValues,
  conversation: Conversation,
  prefix: StaticPrefix,
  state: ProviderState | null,
): RequestNeeds {
  const effort = textOf(recordOf(values.json('reasoning'))['effort'])
  return {
    images: conversation.images > 0,
    documents: conversation.documents > 0,
    tools: prefix.toolNames.length > 0,
    toolChoice: readToolChoice(values.json('tool_choice')),
    // An answer here never continues the last item: the API has no prefill.
    prefill: false,
    ...readEffort(effort === '' ? null : effort),
    sampling: readSampling(values),
    systemInMessages: conversation.instructionsInside,
    jsonSchema: textOf(recordOf(recordOf(values.json('text'))['format'])['type']) === 'json_schema',
    signedThinking: conversation.signed > 0,
    providerState: state,
  }
}
