/**
 * What the documentation says of the routes for clients. Their bodies are those of the providers' own APIs, which is why
 * they are described and not spelled out.
 */
export interface DescribedRoute {
  readonly method: 'GET' | 'POST' | 'HEAD'
  readonly path: string
  readonly summary: string
  readonly description: string
  /** Where the bodies are documented. */
  readonly reference?: string
  readonly needsKey: boolean
  /** A body that it takes; absent: it takes none. */
  readonly example?: Readonly<Record<string, unknown>>
}

const MESSAGES = [{ role: 'user', content: 'Write a docstring for: def add(a, b)' }]

const SAME_API =
  'The body is the provider’s own, streamed or not; `model` may be a name, `auto`, or `tier-1` to `tier-3`. The answer ' +
  'carries `x-headgate-*` headers that say where the call went and why; a refusal of a budget says in `x-headgate-budget` ' +
  'what was spent, held, needed and allowed, in nano-dollars.'

export const DESCRIBED_ROUTES: readonly DescribedRoute[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    summary: 'A call in the Anthropic Messages API.',
    description: SAME_API,
    reference: 'https://platform.claude.com/docs/en/api/messages',
    needsKey: true,
    example: { model: 'auto', max_tokens: 500, messages: MESSAGES },
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    summary: 'Count the tokens of a Messages request.',
    description: 'Passed to the provider; it costs nothing.',
    reference: 'https://platform.claude.com/docs/en/api/messages-count-tokens',
    needsKey: true,
    example: { model: 'auto', messages: MESSAGES },
  },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    summary: 'A call in the OpenAI Chat Completions API.',
    description: SAME_API,
    reference: 'https://developers.openai.com/api/reference/resources/chat',
    needsKey: true,
    example: { model: 'auto', messages: MESSAGES },
  },
  {
    method: 'POST',
    path: '/v1/responses',
    summary: 'A call in the OpenAI Responses API.',
    description: SAME_API,
    reference: 'https://developers.openai.com/api/reference/resources/responses',
    needsKey: true,
    example: { model: 'auto', input: 'Write a docstring for: def add(a, b)' },
  },
  {
    method: 'POST',
    path: '/v1/completions',
    summary: "An editor's completion of code, in the legacy Completions API.",
    description: 'Passed through where a model offers it, else asked as a chat call.',
    reference: 'https://developers.openai.com/api/reference/resources/completions',
    needsKey: true,
    example: { model: 'auto', max_tokens: 60, prompt: 'def add(a, b):', suffix: '' },
  },
  {
    method: 'POST',
    path: '/v1/route',
    summary: 'What would be decided for a request, without sending it.',
    description:
      'Takes a body of any of the APIs (`?dialect=` names it) and answers with the decision and its arithmetic.',
    needsKey: true,
    example: { model: 'auto', messages: MESSAGES },
  },
  {
    method: 'GET',
    path: '/v1/usage',
    summary: 'What your own key has spent.',
    description:
      'By day, week, month and in all, with what is held for calls in flight. Money in nano-dollars and dollars.',
    needsKey: true,
  },
  {
    method: 'GET',
    path: '/v1/budget',
    summary: 'The budgets that your own key runs under.',
    description: 'Those of the team, of the key and of sessions, each with what is left and when it resets.',
    needsKey: true,
  },
  {
    method: 'GET',
    path: '/v1/models',
    summary: 'The models you may ask for.',
    description: "In the form of Anthropic's list with an `anthropic-version` header, else of OpenAI's.",
    needsKey: true,
  },
  {
    method: 'GET',
    path: '/v1/models/{id}',
    summary: 'One of them.',
    description: 'The id may hold slashes.',
    needsKey: true,
  },
  {
    method: 'GET',
    path: '/healthz',
    summary: 'Is the gateway there?',
    description: 'Needs nothing, asks nothing.',
    needsKey: false,
  },
  {
    method: 'HEAD',
    path: '/api/hello',
    summary: 'What Claude Code asks before its first call.',
    description: 'An empty answer.',
    needsKey: false,
  },
  {
    method: 'GET',
    path: '/api/hello',
    summary: 'The same, by GET.',
    description: 'An empty answer.',
    needsKey: false,
  },
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document.',
    description: 'OpenAPI 3.1, made from the schemas that check the requests.',
    needsKey: false,
  },
]
