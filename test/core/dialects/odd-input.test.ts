/** Whatever JSON a client or a provider sends, reading it gives an answer or a refusal, never a fault of ours. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import { InvalidRequest } from '../../../src/core/dialects/request-scan.ts'
import {
  readChatRequest,
  translateAnswer,
  translateError,
  whyNotTranslatable,
  writeChatRequest,
} from '../../../src/core/dialects/translation.ts'
import { contextFor, translateStream } from '../../dialects/wire-stream.ts'

const WORDS = (
  'type role content messages input tools text model name id call_id tool_use tool_result user assistant system ' +
  'developer tool function custom arguments function_call reasoning summary output choices message delta tool_calls ' +
  'index image_url source data thinking signature usage error instructions stop tool_choice format namespace ' +
  'input_text output_text refusal parts item response output_index content_block metadata stop_reason'
).split(' ')

const word = fc.constantFrom(...WORDS)
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    word,
    fc.constantFrom(null, true, 0, -1.5, '', '{}', '{"a"'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(word, tie('json'), { maxKeys: 6 }),
  ),
}))

const body = fc
  .tuple(
    fc.dictionary(word, json, { maxKeys: 8 }),
    fc.array(fc.dictionary(word, json, { maxKeys: 6 }), { maxLength: 4 }),
  )
  .map(([fields, messages]) => ({ ...fields, messages, input: messages }))

const PAIRS = DIALECTS.flatMap((from) => DIALECTS.map((to) => ({ from, to })))

describe.each(PAIRS)('$from to $to', ({ from, to }) => {
  it('reads and writes any request, or refuses it', () => {
    fc.assert(
      fc.property(fc.oneof(body, json), (given) => {
        try {
          const request = readChatRequest(given, from)
          expect(whyNotTranslatable(request, to) ?? 'fine').toBeTypeOf('string')
          expect(writeChatRequest(request, to, { maxOutputTokens: 9 }).body).toBeTypeOf('object')
        } catch (error) {
          if (!(error instanceof InvalidRequest)) throw error
        }
      }),
      { numRuns: 300 },
    )
  })

  it('reads and writes any answer and any error', () => {
    fc.assert(
      fc.property(fc.oneof(body, json), fc.integer({ min: 200, max: 599 }), (given, status) => {
        expect(translateAnswer(given, { from, to }, contextFor()).body).toBeTypeOf('object')
        expect(translateError({ status, body: given }, { from, to }, 'r').status).toBeGreaterThanOrEqual(400)
      }),
      { numRuns: 200 },
    )
  })

  it('reads any events, and never tells one twice', () => {
    const names = (
      'message_start content_block_start content_block_delta content_block_stop message_delta message_stop ' +
      'response.created response.output_item.added response.output_item.done response.content_part.added ' +
      'response.output_text.delta response.completed response.failed'
    ).split(' ')
    const event = fc
      .tuple(fc.constantFrom(...names), fc.dictionary(word, json, { maxKeys: 6 }))
      .map(([type, fields]) => `data: ${JSON.stringify({ ...fields, type })}\n\n`)
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { text } = translateStream(events, { from, to }, contextFor())
        const starts = [...text.matchAll(/"type":"(message_start|response\.created)"/g)]
        expect(starts.length).toBeLessThan(2)
      }),
      { numRuns: 200 },
    )
  })
})
