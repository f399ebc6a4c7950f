/**
 * Reads an Anthropic Messages request in one pass over its bytes: https://docs.anthropic.com/en/api/messages
 * It decides what the request holds and what an answer to it needs; it never changes a byte and never names a tier.
 */
import type { BodyText } from '../body-text.ts'
import type { ProviderState, RequestNeeds, RequestScan, ThinkingAsked } from '../request-scan.ts'
import { isCacheMark, readCacheMark, readContent } from '../scan/content-reader.ts'
import { readIdentity } from '../scan/identity.ts'
import { KeyNames, readWord } from '../scan/key-names.ts'
import { readMessages, ROLE_NAMES, type MessageReader } from '../scan/message-reader.ts'
import { Conversation } from '../scan/message-tally.ts'
import { NewestMessages } from '../scan/newest-messages.ts'
import { readObject } from '../scan/object-reader.ts'
import { recordOf, textOf } from '../scan/parsed-values.ts'
import {
  Complaint,
  FieldValues,
  kindOf,
  readTopLevel,
  type FieldReader,
  type FieldWording,
} from '../scan/request-fields.ts'
import { StaticPrefix } from '../scan/static-prefix.ts'
import { messageBlocks } from './scan-blocks.ts'
import { readSystemStart } from '../scan/system-start.ts'

const QUOTE = 0x22

const KIND_NAMES = {
  string: 'string',
  array: 'list',
  object: 'dictionary',
  boolean: 'boolean',
  integer: 'integer',
} as const

/** The wording of the API's own validation errors. */
const WORDING: FieldWording = {
  missing: (field) => `${field}: Field required`,
  wrongType: (field, expected) =>
    `${field}: Input should be a valid ${expected in KIND_NAMES ? KIND_NAMES[expected as keyof typeof KIND_NAMES] : expected}`,
  empty: (field, expected) =>
    expected === 'array'
      ? `${field}: at least one message is required`
      : `${field}: String should have at least 1 character`,
  tooSmall: (field, minimum) => `${field}: Input should be greater than or equal to ${minimum}`,
  tooLong: (field, most) => `${field}: String should have at most ${most} characters`,
}

const MESSAGE_KEYS = new KeyNames(['role', 'content', 'cache_control'])

/**
 * Scans the body of `POST /v1/messages` or `/v1/messages/count_tokens` (so a missing `max_tokens` is no error here).
 * Throws InvalidRequest if it is not JSON or a field has a type no model could serve.
 */
export function scanAnthropicMessages(body: BodyText): RequestScan {
  const complaint = new Complaint(WORDING)
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
  // Zero warms the cache without an answer: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
  const limit = values.wholeNumber('max_tokens', 0)
  if (!fields.has('messages')) complaint.note('messages', WORDING.missing('messages'))
  complaint.throwIfAny()
  const { messages, lastAssistant } = conversation
  const newest = new NewestMessages(body, messageBlocks, deepest)
  const topMark = values.has('cache_control') ? 1 : 0
  const schema = recordOf(answerFormat(values)['schema'])
  return {
    dialect: 'anthropic-messages',
    body,
    fields,
    model,
    stream,
    outputLimit: limit === null ? null : { field: 'max_tokens', tokens: limit },
    messages,
    leadingInstructions: 0,
    prefixHashes: conversation.prefixHashes,
    staticHash: prefix.hash(0, 0),
    systemBytes: prefix.systemBytes,
    toolsBytes: prefix.toolsBytes,
    toolNames: prefix.toolNames,
    toolRanges: prefix.toolRanges,
    toolMarks: prefix.toolMarks,
    cacheMarks: prefix.cacheMarks + conversation.cacheMarks + topMark,
    tailMarked: topMark > 0 || messages.slice(-2).some((message) => message.cacheMarks > 0),
    longLivedMarks: longLivedMark || recordOf(values.json('cache_control'))['ttl'] === '1h',
    lastAssistant,
    lastAnswer: newest.lastAnswer(messages, lastAssistant),
    news: newest.news(messages, lastAssistant),
    systemStart: readSystemStart(body, prefix.systemTexts),
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
  const note = (field: string, first: number): void =>
    complaint.note(field, WORDING.wrongType(field, 'array', kindOf(first)))
  return new Map<string, FieldReader>([
    [
      'messages',
      (walker, overridden) =>
        readMessages(walker, 'messages', { conversation, complaint, read: readMessage, overridden }),
    ],
    [
      'system',
      (walker, overridden) => {
        const first = walker.peek()
        if (!prefix.readSystem(walker, overridden)) note('system', first)
      },
    ],
    [
      'tools',
      (walker, overridden) => {
        const first = walker.peek()
        if (!prefix.readTools(walker, overridden)) note('tools', first)
      },
    ],
  ])
}

const readMessage: MessageReader = (walker, { tally, overridden, complain }) => {
  let roleFirst = 0
  readObject(
    walker,
    MESSAGE_KEYS,
    (name) => {
      const first = walker.peek()
      if (name === 'role') {
        roleFirst = first
        tally.role = readWord(walker, ROLE_NAMES)
      } else if (name === 'content') {
        if (!readContent(walker, tally, overridden)) complain('content', 'array', first)
      } else if (isCacheMark(name)) {
        tally.cacheMarks += readCacheMark(walker)
        return false
      } else walker.value()
      return true
    },
    overridden,
  )
  if (roleFirst !== QUOTE) complain('role', 'string', roleFirst)
}

function answerFormat(values: FieldValues): Readonly<Record<string, unknown>> {
  const format = recordOf(recordOf(values.json('output_config'))['format'])
  return 'type' in format ? format : recordOf(values.json('output_format'))
}

function readNeeds(values: FieldValues, conversation: Conversation, prefix: StaticPrefix): RequestNeeds {
  const choice = textOf(recordOf(values.json('tool_choice'))['type'])
  const effort = textOf(recordOf(values.json('output_config'))['effort'])
  return {
    images: conversation.images > 0,
    documents: conversation.documents > 0,
    tools: prefix.toolNames.length > 0,
    toolChoice: choice === 'any' || choice === 'tool' ? 'forced' : choice === 'none' ? 'none' : 'default',
    prefill: conversation.messages.at(-1)?.role === 'assistant',
    thinking: readThinking(values),
    effort: effort === '' ? null : effort,
    sampling: ['temperature', 'top_p', 'top_k'].filter((name) => values.has(name)),
    systemInMessages: conversation.leadingInstructions > 0 || conversation.instructionsInside,
    jsonSchema: textOf(answerFormat(values)['type']) === 'json_schema',
    signedThinking: conversation.signed > 0,
    providerState: readThread(values),
  }
}

/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking */
function readThinking(values: FieldValues): ThinkingAsked | null {
  const thinking = recordOf(values.json('thinking'))
  switch (thinking['type']) {
    case 'adaptive':
      return { kind: 'adaptive' }
    case 'disabled':
      return { kind: 'disabled' }
    case 'between_tools':
      return { kind: 'between-tools' }
    case 'enabled': {
      const budget = thinking['budget_tokens']
      return typeof budget === 'number' ? { kind: 'budget', budgetTokens: budget } : { kind: 'budget' }
    }
    default:
      return null
  }
}

/** A message thread (beta) is state of the provider, from its creation on. */
function readThread(values: FieldValues): ProviderState | null {
  const thread = recordOf(values.json('thread'))
  if (!('type' in thread)) return null
  const previous = textOf(thread['previous_message_id'])
  return { kind: 'thread', id: previous === '' ? 'thread' : previous }
}
