/** Random conversations and answers, as every dialect could have been asked them. */
import fc from 'fast-check'
import type { AnswerPart, ChatMessage, ContentPart, ToolResult } from '../../src/core/chat/chat-message.ts'
import type { ChatRequest, Tool } from '../../src/core/chat/chat-request.ts'
import type { ChatResponse } from '../../src/core/chat/chat-response.ts'
import { finishOf } from '../../src/core/chat/finish.ts'
import { NO_REASONING_ASKED } from '../../src/core/chat/reasoning-asked.ts'
import type { DialectName } from '../../src/core/dialects/dialect.ts'

/** Something to read in every text: blank ones are refused by some APIs and mean nothing. */
const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.constantFrom('"', '\\', '\n\n', 'data: x\n\n', '</a>'))
  .map((said) => `w${said.trim()}`)

/** Ids as servers give them, and as they should not. */
const callId = fc.oneof(
  fc.stringMatching(/^call_[a-zA-Z0-9]{8}$/),
  fc.stringMatching(/^toolu_01[a-zA-Z0-9]{10}$/),
  fc.constantFrom('0', 'call.1', 'functions.read:0', 'call_1', 'x'.repeat(90)),
)

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const image = fc.constantFrom<ContentPart>(
  { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: PIXEL } },
  { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
)
const pdf: ContentPart = {
  type: 'document',
  source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0xLjQK' },
}
const textPart = text.map((said): ContentPart => ({ type: 'text', text: said }))
const userParts = fc
  .tuple(textPart, fc.array(fc.oneof(textPart, image, fc.constant(pdf)), { maxLength: 2 }))
  .map(([first, more]) => [first, ...more])

const inputs = fc.oneof(
  fc.record({ path: text, deep: fc.record({ n: fc.integer(), list: fc.array(fc.boolean(), { maxLength: 3 }) }) }),
  fc.constant({}),
)

interface Kit {
  readonly tools: readonly Tool[]
}

/** Tools of a dialect: freeform ones and namespaces only where it has them. */
function kitOf(dialect: DialectName): Kit {
  const described = { description: 'Does it.', strict: null, deferred: false } as const
  const path = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
  const tools: Tool[] = [
    { kind: 'function', name: 'read_file', namespace: null, parameters: path, ...described },
    { kind: 'function', name: 'mcp__server__list', namespace: null, parameters: null, ...described },
  ]
  if (dialect !== 'anthropic-messages') {
    const grammar = { syntax: 'lark', definition: 'start: /.+/' }
    tools.push({ kind: 'freeform', name: 'apply_patch', namespace: null, description: 'Patches.', grammar })
  }
  if (dialect === 'openai-responses') {
    tools.push({ kind: 'function', name: 'spawn', namespace: 'agents', parameters: path, ...described })
  }
  return { tools }
}

function callOf({ tools }: Kit) {
  return fc.tuple(callId, fc.constantFrom(...tools), inputs, text).map(([id, tool, object, free]): AnswerPart => {
    if (tool.kind === 'own') throw new Error('no such tool here')
    const freeform = tool.kind === 'freeform'
    const { name, namespace } = tool
    return { type: 'tool-call', id, name, namespace, freeform, input: freeform ? free : JSON.stringify(object) }
  })
}

/** One round: a question, then answers with calls and their results. */
function roundOf(dialect: DialectName, kit: Kit) {
  const answered = fc
    .tuple(fc.option(text), fc.array(callOf(kit), { minLength: 1, maxLength: 3 }), text, fc.boolean(), fc.boolean())
    .map(([said, calls, output, withImage, failed]): ChatMessage[] => {
      const unique = [...new Map(calls.map((call) => [call.type === 'tool-call' ? call.id : '', call])).values()]
      const results = unique.flatMap((call): ToolResult[] => {
        if (call.type !== 'tool-call') return []
        const shown: ContentPart[] =
          withImage && dialect !== 'openai-chat-completions'
            ? [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: PIXEL } }]
            : []
        const isError = failed && dialect === 'anthropic-messages'
        return [
          { callId: call.id, freeform: call.freeform, content: [{ type: 'text', text: output }, ...shown], isError },
        ]
      })
      const spoken: AnswerPart[] = said === null ? [] : [{ type: 'text', text: said }]
      return [
        { role: 'assistant', parts: [...spoken, ...unique] },
        { role: 'tool', results },
      ]
    })
  const ending = text.map((said): ChatMessage => ({ role: 'assistant', parts: [{ type: 'text', text: said }] }))
  return fc
    .tuple(userParts, fc.array(answered, { maxLength: 2 }), ending)
    .map(([parts, answers, last]): ChatMessage[] => [{ role: 'user', parts }, ...answers.flat(), last])
}

const instructions = fc
  .tuple(fc.constantFrom('system' as const, 'developer' as const), fc.array(textPart, { minLength: 1, maxLength: 2 }))
  .map(([spoken, parts]): ChatMessage => ({ role: 'instructions', spoken, parts }))

/** Requests as a client of this dialect could write them. */
export function randomRequest(dialect: DialectName): fc.Arbitrary<ChatRequest> {
  const kit = kitOf(dialect)
  const messages = fc
    .tuple(
      fc.array(instructions, { maxLength: 2 }),
      fc.array(roundOf(dialect, kit), { maxLength: 2 }),
      fc.option(instructions),
      userParts,
    )
    .map(([leading, rounds, late, last]): ChatMessage[] =>
      leading.concat(...rounds, late === null ? [] : [late], { role: 'user', parts: last }),
    )
  return fc.record({
    dialect: fc.constant(dialect),
    model: fc.constant('model-asked-for'),
    stream: fc.boolean(),
    messages,
    tools: fc.constant(kit.tools),
    toolChoice: fc.constantFrom(null, { kind: 'auto' } as const, { kind: 'none' } as const),
    parallelToolCalls: fc.constantFrom(null, false),
    maxOutputTokens: fc.constantFrom(null, 64, 4096),
    sampling: fc.record({ temperature: fc.constantFrom(null, 0, 0.5), topP: fc.constant(null) }),
    stopSequences: fc.constant([]),
    outputFormat: fc.constantFrom(null, {
      kind: 'json-schema' as const,
      name: dialect === 'anthropic-messages' ? null : 'title',
      description: null,
      schema: {
        type: 'object',
        properties: { title: { type: 'string' } },
        required: ['title'],
        additionalProperties: false,
      },
      strict: dialect === 'anthropic-messages' ? null : true,
    }),
    reasoning: fc.constantFrom(NO_REASONING_ASKED, {
      ...NO_REASONING_ASKED,
      effort: 'low',
      form: dialect === 'anthropic-messages' ? ('adaptive' as const) : null,
    }),
    verbosity: fc.constant(null),
    endUser: fc.constantFrom(null, 'someone'),
    standardServiceOnly: fc.boolean(),
    cacheKey: fc.constant(null),
    usageChunk: fc.constant(false),
    own: fc.constant([]),
  })
}

/** Answers as a provider of this dialect could give them. */
export function randomResponse(dialect: DialectName): fc.Arbitrary<ChatResponse> {
  const kit: Kit = { tools: kitOf(dialect).tools.filter((tool) => tool.kind === 'function' && tool.namespace === null) }
  const usage = fc.record({
    inputTokens: fc.integer({ min: 1, max: 9999 }),
    cacheReadTokens: fc.integer({ min: 0, max: 9999 }),
    cacheWriteShortTokens: fc.integer({ min: 0, max: 99 }),
    cacheWriteLongTokens: fc.constant(0),
    outputTokens: fc.integer({ min: 10, max: 999 }),
    reasoningTokens: fc.integer({ min: 0, max: 9 }),
  })
  const said = fc.option(text)
  const calls = fc.array(callOf(kit), { maxLength: 3 })
  return fc
    .tuple(said, calls, usage, fc.constantFrom('end', 'max-output', 'content-filter'))
    .map(([words, made, used, ending]): ChatResponse => {
      const unique = [...new Map(made.map((call) => [call.type === 'tool-call' ? call.id : '', call])).values()]
      const parts: AnswerPart[] = [...(words === null ? [] : [{ type: 'text' as const, text: words }]), ...unique]
      const reason = ending === 'end' && unique.length > 0 ? 'tool-calls' : (ending as 'end')
      return { id: 'abc123', model: 'model-that-answered', parts, finish: finishOf(reason), usage: used }
    })
}
