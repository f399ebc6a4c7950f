import { describe, expect, it } from 'vitest'
import * as anthropic from '../../../src/core/dialects/anthropic-messages/errors.ts'
import * as chat from '../../../src/core/dialects/openai-chat-completions/errors.ts'
import * as responses from '../../../src/core/dialects/openai-responses/errors.ts'
import type { GatewayErrorCode, StreamErrorContext } from '../../../src/core/gateway-error.ts'
import { GatewayError } from '../../../src/core/gateway-error.ts'

const SENTENCE = 'One readable sentence.'
const error = (code: GatewayErrorCode, details: { field?: string; retryAfterSeconds?: number } = {}): GatewayError =>
  new GatewayError(code, SENTENCE, details)

interface Row {
  readonly code: GatewayErrorCode
  readonly details?: { field?: string; retryAfterSeconds?: number }
  readonly anthropic: readonly [status: number, type: string]
  readonly chat: readonly [status: number, type: string, code: string | null]
  /** Where it differs from chat. */
  readonly responses?: readonly [status: number, type: string, code: string | null]
  readonly shouldRetry?: 'false'
  readonly retryAfter?: string
}

const once = { shouldRetry: 'false' } as const
const invalid = 'invalid_request_error'

const ROWS: readonly Row[] = [
  { code: 'missing_key', anthropic: [401, 'authentication_error'], chat: [401, invalid, 'missing_api_key'], ...once },
  { code: 'invalid_key', anthropic: [401, 'authentication_error'], chat: [401, invalid, 'invalid_api_key'], ...once },
  { code: 'revoked_key', anthropic: [401, 'authentication_error'], chat: [401, invalid, 'invalid_api_key'], ...once },
  { code: 'expired_key', anthropic: [401, 'authentication_error'], chat: [401, invalid, 'invalid_api_key'], ...once },
  { code: 'invalid_json', anthropic: [400, invalid], chat: [400, invalid, null], ...once },
  {
    code: 'invalid_request',
    details: { field: 'max_tokens' },
    anthropic: [400, invalid],
    chat: [400, invalid, null],
    ...once,
  },
  { code: 'body_too_large', anthropic: [413, 'request_too_large'], chat: [413, invalid, 'request_too_large'], ...once },
  { code: 'model_not_found', anthropic: [404, 'not_found_error'], chat: [404, invalid, 'model_not_found'], ...once },
  { code: 'not_found', anthropic: [404, 'not_found_error'], chat: [404, invalid, 'unknown_url'], ...once },
  { code: 'method_not_allowed', anthropic: [405, invalid], chat: [405, invalid, 'method_not_supported'], ...once },
  {
    code: 'unsupported_content_type',
    anthropic: [415, invalid],
    chat: [415, invalid, 'unsupported_content_type'],
    ...once,
  },
  { code: 'no_eligible_target', anthropic: [400, invalid], chat: [400, invalid, 'no_eligible_target'], ...once },
  {
    code: 'no_eligible_target',
    details: { retryAfterSeconds: 20 },
    anthropic: [529, 'overloaded_error'],
    chat: [503, 'server_error', 'no_eligible_target'],
    retryAfter: '20',
  },
  {
    code: 'budget_exceeded',
    anthropic: [402, 'billing_error'],
    chat: [402, 'billing_error', 'billing_hard_limit_reached'],
    responses: [400, invalid, 'billing_hard_limit_reached'],
    ...once,
  },
  {
    code: 'budget_reserved',
    details: { retryAfterSeconds: 7.2 },
    anthropic: [429, 'rate_limit_error'],
    chat: [429, 'requests', 'rate_limit_exceeded'],
    retryAfter: '8',
  },
  {
    code: 'rate_limited',
    anthropic: [429, 'rate_limit_error'],
    chat: [429, 'requests', 'rate_limit_exceeded'],
    retryAfter: '5',
  },
  {
    code: 'iteration_cap',
    anthropic: [402, 'billing_error'],
    chat: [402, 'billing_error', 'iteration_cap_reached'],
    responses: [400, invalid, 'iteration_cap_reached'],
    ...once,
  },
  { code: 'threads_unsupported', anthropic: [400, invalid], chat: [400, invalid, 'unsupported_parameter'], ...once },
  { code: 'provider_unreachable', anthropic: [502, 'api_error'], chat: [502, 'server_error', 'provider_unreachable'] },
  { code: 'provider_timeout', anthropic: [504, 'timeout_error'], chat: [504, 'server_error', 'provider_timeout'] },
  {
    code: 'provider_refused',
    anthropic: [502, 'api_error'],
    chat: [400, invalid, 'provider_refused'],
    ...once,
  },
  {
    code: 'gateway_overloaded',
    details: { retryAfterSeconds: 1 },
    anthropic: [529, 'overloaded_error'],
    chat: [503, 'server_error', 'gateway_overloaded'],
    retryAfter: '1',
  },
  { code: 'internal', anthropic: [500, 'api_error'], chat: [500, 'server_error', null] },
]

const rows = ROWS.map((row) => [`${row.code} ${JSON.stringify(row.details ?? {})}`, row] as const)

function expectRetryHeaders(headers: Readonly<Record<string, string>>, row: Row): void {
  expect(headers['content-type']).toBe('application/json')
  expect(headers['x-should-retry']).toBe(row.shouldRetry)
  expect(headers['retry-after']).toBe(row.retryAfter)
}

describe('errors to an Anthropic client', () => {
  it.each(rows)('%s', (_name, row) => {
    const answer = anthropic.writeError(error(row.code, row.details), 'req_1')
    expect(answer.status).toBe(row.anthropic[0])
    expectRetryHeaders(answer.headers, row)
    expect(answer.headers['request-id']).toBe('req_1')
    const body = JSON.parse(answer.body)
    expect(body).toMatchObject({ type: 'error', error: { type: row.anthropic[1] }, request_id: 'req_1' })
    expect(body.error.message).toBe(row.details?.field ? `${row.details.field}: ${SENTENCE}` : SENTENCE)
  })

  it('tells a client of message threads to go on without one', () => {
    const { body } = anthropic.writeError(error('threads_unsupported'), 'req_1')
    expect(JSON.parse(body).error.details).toEqual({
      error_code: 'thread_unsupported_request',
      unsupported: ['thread'],
    })
    expect(JSON.parse(anthropic.writeError(error('internal'), 'req_1').body).error).not.toHaveProperty('details')
  })
})

describe.each([
  ['Chat Completions', chat, (row: Row) => row.chat],
  ['Responses', responses, (row: Row) => row.responses ?? row.chat],
] as const)('errors to a %s client', (_dialect, errors, shapeOf) => {
  it.each(rows)('%s', (_name, row) => {
    const [status, type, code] = shapeOf(row)
    const answer = errors.writeError(error(row.code, row.details), 'req_1')
    expect(answer.status).toBe(status)
    expectRetryHeaders(answer.headers, row)
    expect(answer.headers['x-request-id']).toBe('req_1')
    expect(JSON.parse(answer.body)).toEqual({
      error: { message: SENTENCE, type, param: row.details?.field ?? null, code },
    })
  })
})

const CONTEXT: StreamErrorContext = {
  requestId: 'req_1',
  midEvent: false,
  responseId: 'resp_9',
  model: 'gpt-5.5',
  events: 12,
  now: 1_700_000_000_500,
}

describe('the event that ends a stream in an error', () => {
  it('is an Anthropic error event', () => {
    const text = anthropic.writeStreamError(error('provider_unreachable'), CONTEXT)
    expect(text.startsWith('event: error\ndata: {"type":"error"')).toBe(true)
    expect(text.endsWith('}\n\n')).toBe(true)
    expect(JSON.parse(text.split('data: ')[1] ?? '')).toMatchObject({
      error: { type: 'overloaded_error' },
      request_id: 'req_1',
    })
    expect(anthropic.writeStreamError(error('internal'), CONTEXT)).toContain('"type":"api_error"')
  })

  it('joins an unfinished Anthropic event, so that the client sees one event named error', () => {
    const whole = `event: content_block_delta\ndata: {"type":"conte${anthropic.writeStreamError(error('internal'), { ...CONTEXT, midEvent: true })}`
    expect(whole.trimEnd().split('\n\n')).toHaveLength(1)
    expect(whole.match(/^event: .*$/gm)?.at(-1)).toBe('event: error')
  })

  it('is a data line in Chat Completions, without [DONE]', () => {
    const text = chat.writeStreamError(error('provider_timeout'), CONTEXT)
    expect(JSON.parse(text.replace(/^data: /, ''))).toEqual({
      error: { message: SENTENCE, type: 'server_error', param: null, code: 'provider_timeout' },
    })
    expect(chat.writeStreamError(error('internal'), { ...CONTEXT, midEvent: true }).startsWith('\n\ndata: ')).toBe(true)
  })

  it('is a failed response in Responses', () => {
    const text = responses.writeStreamError(error('internal'), CONTEXT)
    expect(text.startsWith('event: response.failed\ndata: ')).toBe(true)
    expect(JSON.parse(text.split('data: ')[1] ?? '')).toMatchObject({
      type: 'response.failed',
      sequence_number: 12,
      response: {
        id: 'resp_9',
        created_at: 1_700_000_000,
        status: 'failed',
        model: 'gpt-5.5',
        error: { code: 'server_error', message: SENTENCE },
      },
    })
    expect(responses.writeStreamError(error('provider_unreachable'), CONTEXT)).toContain('"code":"server_error"')
    const early = responses.writeStreamError(error('internal'), { ...CONTEXT, responseId: null })
    expect(early).toContain('"id":"resp_req_1"')
  })
})
