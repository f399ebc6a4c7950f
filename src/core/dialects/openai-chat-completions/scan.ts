/**
 * Reads a Chat Completions request in one pass over its bytes: https://platform.openai.com/docs/api-reference/chat/create
 * It decides what the request holds and what an answer to it needs; it never changes a byte and never names a tier.
 * The instructions a conversation begins with (`system`, `developer`) are messages, and they count as system as well.
 */
import type { BodyText } from '../body-text.ts'
import type { RequestNeeds, RequestScan } from '../request-scan.ts'
import { isCacheMark, readCacheMark, readContent, readInput } from '../scan/content-reader.ts'
import { readIdentity } from '../scan/identity.ts'
import type { JsonWalker } from '../scan/json-walker.ts'
import { KeyNames, readWord } from '../scan/key-names.ts'
import { readMessages, ROLE_NAMES, type MessageReader } from '../scan/message-reader.ts'
import { Conversation, type MessageTally } from '../scan/message-tally.ts'
import { NewestMessages } from '../scan/newest-messages.ts'
import { readArray, readObject, type Overridden } from '../scan/object-reader.ts'
import { OPENAI_WORDING } from '../scan/openai-wording.ts'
import { recordOf, textOf } from '../scan/parsed-values.ts'
import { Complaint, FieldValues, kindOf, readTopLevel, type FieldReader } from '../scan/request-fields.ts'
import { StaticPrefix } from '../scan/static-prefix.ts'
import { readSystemStart } from '../scan/system-start.ts'
import { readEffort, readSampling, readToolChoice } from '../scan/openai-needs.ts'
import { chatBlocks } from './scan-blocks.ts'

const QUOTE = 0x22
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const NULL_START = 0x6e

/** Newer name first: it wins where a client sends both. */
const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const

const MESSAGE_KEYS = new KeyNames([
  'role',
  'content',
  'tool_calls',
  'function_call',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'cache_control',
  'prompt_cache_breakpoint',
])
const CALL_KEYS = new KeyNames(['function', 'custom'])
const CALLED_KEYS = new KeyNames(['arguments', 'input'])

/**
 * Scans the body of `POST /v1/chat/completions`.
 * Throws InvalidRequest if it is not JSON or a field has a type no model could serve.
 */
export function scanChatCompletions(body: BodyText): RequestScan {
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
  const limits = LIMIT_FIELDS.map((field) => ({ field, tokens: values.wholeNumber(field, 1) }))
  if (!fields.has('messages')) complaint.note('messages', OPENAI_WORDING.missing('messages'))
  complaint.throwIfAny()
  const limit = limits.find(({ tokens }) => tokens !== null)
  const { messages, lastAssistant } = conversation
  const newest = new NewestMessages(body, chatBlocks, deepest)
  const schema = recordOf(recordOf(recordOf(values.json('response_format'))['json_schema'])['schema'])
  return {
    dialect: 'openai-chat-completions',
    body,
    fields,
    model,
    stream,
    outputLimit: limit === undefined ? null : { field: limit.field, tokens: limit.tokens as number },
    messages,
    leadingInstructions: conversation.leadingInstructions,
    prefixHashes: conversation.prefixHashes,
    staticHash: prefix.hash(conversation.leadingA, conversation.leadingB),
    systemBytes: conversation.leadingBytes,
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
    systemStart: readSystemStart(body, conversation.leadingTexts),
    needs: readNeeds(values, conversation, prefix),
    identity: readIdentity(values),
    schemaProperties: Object.keys(recordOf(schema['properties'])),
  }
}

function fieldReaders(
  conversation: Conversation,
  prefix: StaticPrefix,
  complaint: Complaint,
): ReadonlyMap<string, FieldReader> {
  const readTools: FieldReader = (walker, overridden) => {
    const first = walker.peek()
    if (prefix.readTools(walker, overridden)) return
    complaint.note('tools', OPENAI_WORDING.wrongType('tools', 'array', kindOf(first)))
  }
  return new Map<string, FieldReader>([
    [
      'messages',
      (walker, overridden) =>
        readMessages(walker, 'messages', { conversation, complaint, read: readMessage, overridden }),
    ],
    ['tools', readTools],
  ])
}

const readMessage: MessageReader = (walker, { tally, overridden, complain }) => {
  let roleFirst = 0
  readObject(
    walker,
    MESSAGE_KEYS,
    (name) => {
      const first = walker.peek()
      if (isCacheMark(name)) {
        tally.cacheMarks += readCacheMark(walker)
        return false
      }
      switch (name) {
        case 'role':
          roleFirst = first
          tally.role = readWord(walker, ROLE_NAMES)
          return true
        case 'content':
          if (!readContent(walker, tally, overridden)) complain('content', 'string', first)
          return true
        case 'tool_calls':
          if (first === OPEN_ARRAY) readArray(walker, () => readCall(walker, tally, overridden))
          else walker.value()
          return true
        case 'function_call':
          if (first === NULL_START) walker.value()
          else {
            tally.toolCalls++
            readCalled(walker, tally, overridden)
          }
          return true
        case 'reasoning_content':
        case 'reasoning':
        case 'reasoning_details':
          walker.value()
          if (first !== NULL_START) tally.thinkingBlocks = 1
          return true
        default:
          walker.value()
          return true
      }
    },
    overridden,
  )
  if (roleFirst !== QUOTE) complain('role', 'string', roleFirst)
  if (tally.role === 'tool' || tally.role === 'function') {
    tally.toolResults++
    tally.resultBytes = tally.textBytes - tally.inputBytes
  }
}

function readCall(walker: JsonWalker, tally: MessageTally, overridden: Overridden | undefined): void {
  tally.toolCalls++
  if (walker.peek() !== OPEN_OBJECT) return walker.value()
  readObject(
    walker,
    CALL_KEYS,
    (name) => {
      if (name === '') walker.value()
      else readCalled(walker, tally, overridden)
      return true
    },
    overridden,
  )
}

/** Reads what is called: `{ name, arguments }` or `{ name, input }`. */
function readCalled(walker: JsonWalker, tally: MessageTally, overridden: Overridden | undefined): void {
  if (walker.peek() !== OPEN_OBJECT) return walker.value()
  readObject(
    walker,
    CALLED_KEYS,
    (name) => {
      if (name === '') walker.value()
      else readInput(walker, tally)
      return true
    },
    overridden,
  )
}

function readNeeds(values: FieldValues, conversation: Conversation, prefix: StaticPrefix): RequestNeeds {
  const effort = values.text('reasoning_effort')
  return {
    images: conversation.images > 0,
    documents: conversation.documents > 0,
    tools: prefix.toolNames.length > 0 || values.has('functions'),
    toolChoice: readToolChoice(values.json('tool_choice') ?? values.json('function_call')),
    prefill: conversation.messages.at(-1)?.role === 'assistant',
    ...readEffort(effort),
    sampling: readSampling(values),
    systemInMessages: conversation.instructionsInside,
    jsonSchema: textOf(recordOf(values.json('response_format'))['type']) === 'json_schema',
    signedThinking: conversation.signed > 0,
    providerState: null,
  }
}
