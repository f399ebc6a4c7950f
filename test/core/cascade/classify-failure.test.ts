import { describe, expect, it } from 'vitest'
import { classifyOutcome, type Verdict } from '../../../src/core/cascade/classify-failure.ts'
import { NO_ADVICE, type RetryAdvice } from '../../../src/core/cascade/retry-advice.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { codecOf } from '../../../src/core/dialects/translation.ts'

/** As the provider words it: status, `error` object. */
type Wire = readonly [status: number, error: Readonly<Record<string, unknown>>]

function verdictOn(dialect: DialectName, [status, error]: Wire, advice: RetryAdvice = NO_ADVICE): Verdict {
  const envelope = dialect === 'anthropic-messages' ? { type: 'error', error, request_id: 'req_1' } : { error }
  return classifyOutcome({ kind: 'error', error: codecOf(dialect).readProviderError(status, envelope), advice })
}

const short = (verdict: Verdict): string =>
  'fault' in verdict ? `${verdict.meaning} ${verdict.fault}` : verdict.meaning

/** https://platform.claude.com/docs/en/api/errors and .../rate-limits#spend-limits */
const ANTHROPIC: readonly (readonly [expected: string, ...Wire])[] = [
  ['client_fault', 400, { type: 'invalid_request_error', message: 'messages: roles must alternate' }],
  [
    'client_fault',
    400,
    { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
  ],
  ['fallback not_authorized', 401, { type: 'authentication_error', message: 'invalid x-api-key' }],
  ['fallback not_authorized', 403, { type: 'permission_error', message: 'no permission' }],
  ['fallback unknown_model', 404, { type: 'not_found_error', message: 'model: claude-x' }],
  ['client_fault', 404, { type: 'not_found_error', message: 'File not found: file_011C' }],
  ['client_fault', 409, { type: 'conflict_error', message: 'conflict' }],
  ['client_fault', 413, { type: 'request_too_large', message: 'Request exceeds the maximum size' }],
  ['spend_limit', 402, { type: 'billing_error', message: 'payment required' }],
  [
    'spend_limit',
    400,
    {
      type: 'invalid_request_error',
      message: 'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    },
  ],
  [
    'spend_limit',
    400,
    { type: 'invalid_request_error', message: 'You have reached your specified workspace API usage limits. You will' },
  ],
  [
    'spend_limit',
    400,
    { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
  ],
  [
    'spend_limit',
    429,
    { type: 'rate_limit_error', message: 'limit', details: { error_code: 'enforced_spend_limit_reached' } },
  ],
  ['fallback rate_limited', 429, { type: 'rate_limit_error', message: 'This request would exceed your rate limit' }],
  ['retry server_error', 500, { type: 'api_error', message: 'Internal server error' }],
  ['fallback timeout', 504, { type: 'timeout_error', message: 'The request timed out' }],
  ['fallback overloaded', 529, { type: 'overloaded_error', message: 'Overloaded' }],
]

/** https://developers.openai.com/api/docs/guides/error-codes and .../spend-limits */
const OPENAI: readonly (readonly [expected: string, ...Wire])[] = [
  ['client_fault', 400, { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'too long' }],
  ['client_fault', 400, { type: 'invalid_request_error', code: 'content_policy_violation', message: 'no' }],
  ['client_fault', 400, { type: 'invalid_request_error', code: 'unsupported_parameter', message: 'no', param: 'x' }],
  ['fallback not_authorized', 401, { type: 'invalid_request_error', code: 'invalid_api_key', message: 'no' }],
  ['fallback not_authorized', 403, { type: 'insufficient_permissions', code: null, message: 'country' }],
  ['client_fault', 403, { code: 403, message: 'Input was flagged', metadata: { reasons: ['violence'] } }],
  ['fallback unknown_model', 404, { type: 'invalid_request_error', code: 'model_not_found', message: 'no' }],
  ['fallback unknown_model', 404, { type: 'invalid_request_error', code: null, message: 'Invalid URL (POST /v2/x)' }],
  [
    'client_fault',
    404,
    {
      type: 'invalid_request_error',
      code: null,
      param: 'input',
      message: "File with id 'file_1' not found. No model has it.",
    },
  ],
  [
    'fallback unknown_state',
    404,
    { type: 'invalid_request_error', code: null, param: 'input', message: "Item with id 'rs_1' not found." },
  ],
  [
    'fallback unknown_state',
    404,
    { type: 'invalid_request_error', code: null, param: null, message: "Conversation with id 'conv_1' not found." },
  ],
  [
    'fallback unknown_state',
    400,
    {
      type: 'invalid_request_error',
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      message: 'no',
    },
  ],
  ['client_fault', 422, { type: 'invalid_request_error', code: null, message: 'no' }],
  ['spend_limit', 429, { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your quota' }],
  ['spend_limit', 429, { type: 'insufficient_quota', code: null, message: 'You exceeded your current quota' }],
  ['spend_limit', 429, { type: 'insufficient_quota', code: 'credit_balance_exhausted', message: 'no credits' }],
  ['spend_limit', 429, { type: 'x', code: 'organization_spend_limit_exceeded', message: 'limit' }],
  ['spend_limit', 429, { type: 'x', code: 'organization_usage_limit_exceeded', message: 'limit' }],
  ['spend_limit', 429, { type: 'x', code: 'project_spend_limit_exceeded', message: 'limit' }],
  ['spend_limit', 400, { type: 'invalid_request_error', code: 'billing_hard_limit_reached', message: 'limit' }],
  ['fallback rate_limited', 429, { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached' }],
  ['fallback rate_limited', 429, { type: 'tokens', code: 'rate_limit_exceeded', message: 'Request too large: TPM' }],
  ['fallback overloaded', 429, { type: 'rate_limit_error', code: 'slow_down', message: 'Slow down' }],
  ['fallback overloaded', 503, { type: 'server_error', code: 'slow_down', message: 'Slow down' }],
  ['fallback overloaded', 503, { type: 'server_error', code: null, message: 'The engine is currently overloaded' }],
  ['fallback timeout', 408, { type: 'server_error', code: null, message: 'timeout' }],
  ['retry server_error', 500, { type: 'server_error', code: null, message: 'The server had an error' }],
  ['retry server_error', 502, { type: 'server_error', code: null, message: 'Bad gateway' }],
]

describe('documented errors', () => {
  it.each(ANTHROPIC)('Anthropic: %s for %i %j', (expected, status, error) => {
    expect(short(verdictOn('anthropic-messages', [status, error]))).toBe(expected)
  })

  it.each(OPENAI)('OpenAI: %s for %i %j', (expected, status, error) => {
    expect(short(verdictOn('openai-chat-completions', [status, error]))).toBe(expected)
    expect(short(verdictOn('openai-responses', [status, error]))).toBe(expected)
  })

  it.each([
    [400, 'client_fault'],
    [401, 'fallback not_authorized'],
    [403, 'fallback not_authorized'],
    [404, 'fallback unknown_model'],
    [418, 'client_fault'],
    [429, 'fallback rate_limited'],
    [502, 'retry server_error'],
    [520, 'retry server_error'],
    [503, 'fallback overloaded'],
    [529, 'fallback overloaded'],
  ])('a proxy that answers %i with a page instead of JSON: %s', (status, expected) => {
    for (const dialect of ['anthropic-messages', 'openai-chat-completions'] as const) {
      const error = codecOf(dialect).readProviderError(status, null)
      expect(short(classifyOutcome({ kind: 'error', error, advice: NO_ADVICE }))).toBe(expected)
    }
  })
})

describe('what the provider says about trying again', () => {
  const broken: Wire = [500, { type: 'api_error', message: 'Internal server error' }]
  const rationed: Wire = [429, { type: 'rate_limit_error', message: 'Rate limited' }]
  const wrong: Wire = [400, { type: 'invalid_request_error', message: 'no' }]

  it('a forbidden retry leaves the other targets', () => {
    const verdict = verdictOn('anthropic-messages', broken, { retryAfterMs: null, shouldRetry: false })
    expect(short(verdict)).toBe('fallback server_error')
  })

  it('an invited retry is left to the client', () => {
    const invited = { retryAfterMs: null, shouldRetry: true }
    expect(short(verdictOn('anthropic-messages', wrong, invited))).toBe('client_fault')
    expect(short(verdictOn('anthropic-messages', rationed, invited))).toBe('fallback rate_limited')
  })

  it('a time to come back is kept', () => {
    expect(verdictOn('anthropic-messages', rationed, { retryAfterMs: 7_000, shouldRetry: null })).toEqual({
      meaning: 'fallback',
      fault: 'rate_limited',
      retryAfterMs: 7_000,
    })
  })
})

describe('no error of the provider', () => {
  it('an answer', () => {
    expect(classifyOutcome({ kind: 'answer' })).toEqual({ meaning: 'answer' })
  })

  it('a broken connection may hold the next time, a long silence would only come again', () => {
    expect(short(classifyOutcome({ kind: 'silence', fault: 'unreachable' }))).toBe('retry unreachable')
    expect(short(classifyOutcome({ kind: 'silence', fault: 'timeout' }))).toBe('fallback timeout')
  })
})
