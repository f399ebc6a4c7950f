/**
 * Failing providers and the gateway's own refusals, with what each published agent makes of them: how many calls of its
 * loop it makes, whether it recovers, and what its person reads. An agent that would try for minutes is not named.
 */
import type { AgentName } from './agent-runs.ts'

/** What the provider says when it fails. */
export const PROVIDER_SAYS = 'Marmalade shortage at the provider.'

export interface Expected {
  /** Calls of the loop until it gives up; where it recovers, those it makes beyond what the task takes. */
  readonly calls: number
  /** The task is done all the same. */
  readonly recovers: boolean
  /** What its person reads where it does not; null: the agent has a text of its own. */
  readonly shows: RegExp | null
  /** The shortest time between two calls, where the provider asked for one. */
  readonly waitsMs?: number
}

export interface FailureTrial {
  readonly name: string
  /** What the provider does with the loop's calls, how often (null: always). */
  readonly fault: Readonly<Record<string, unknown>> | null
  /** Every model fails, and not only those of the loop: no other can take over. */
  readonly everyModel: boolean
  /** What OpenAI's API says otherwise. */
  readonly asOpenAi: Readonly<Record<string, unknown>>
  readonly times: number | null
  /** On top of the trial's own policy. */
  readonly policy: Readonly<Record<string, unknown>>
  /** The team's budget is used up. */
  readonly spent: boolean
  readonly task: string
  readonly agents: Partial<Readonly<Record<AgentName, Expected>>>
}

const HELLO = 'Say hello in one sentence.'
const WORK = 'Read README.md, then write HELLO.md with a greeting.'

const again: Expected = { calls: 1, recovers: true, shows: null }
const once = (shows: RegExp | null = /Marmalade shortage/): Expected => ({ calls: 1, recovers: false, shows })

const everyone = (expected: Expected): FailureTrial['agents'] => ({
  'claude-code': expected,
  codex: expected,
  opencode: expected,
  'opencode-chat': expected,
  'opencode-responses': expected,
  cline: expected,
  continue: expected,
  grok: expected,
})

const trial = (name: string, given: Partial<Omit<FailureTrial, 'name'>>): FailureTrial => ({
  name,
  fault: null,
  everyModel: false,
  asOpenAi: {},
  times: 1,
  policy: {},
  spent: false,
  task: HELLO,
  agents: {},
  ...given,
})

/** In the order they are run. */
export const FAILURE_TRIALS: readonly FailureTrial[] = [
  trial('429 once, without a time to come back', {
    fault: { status: 429 },
    // Codex gives up at once, with a text of its own; Continue never tries a 429 again.
    agents: { ...everyone(again), codex: once(null), continue: once() },
  }),
  trial('429 once, to come back in 2 s', {
    fault: { status: 429, retryAfter: 2 },
    agents: { ...everyone({ ...again, waitsMs: 1900 }), continue: once() },
  }),
  trial('429, to come back in 90 s', {
    fault: { status: 429, retryAfter: 90 },
    times: null,
    // The others wait for as long as they are told.
    agents: { 'claude-code': once() },
  }),
  trial('529 once', { fault: { status: 529 }, agents: everyone(again) }),
  trial('500 once', { fault: { status: 500 }, agents: { ...everyone(again), continue: once() } }),
  trial('529 of every target, for good', {
    fault: { status: 529 },
    times: null,
    everyModel: true,
    // Everyone ends by itself, the patient ones after a minute and a half.
    agents: {
      'claude-code': { calls: 3, recovers: false, shows: /Repeated 529 Overloaded errors/ },
      codex: { calls: 30, recovers: false, shows: /Marmalade shortage/ },
      opencode: { calls: 6, recovers: false, shows: /Marmalade shortage|No model can serve/ },
      cline: { calls: 6, recovers: false, shows: /Marmalade shortage|No model can serve/ },
      continue: { calls: 11, recovers: false, shows: /Marmalade shortage|No model can serve/ },
      grok: { calls: 3, recovers: false, shows: /Marmalade shortage|No model can serve/ },
    },
  }),
  trial('a stream cut in the middle', {
    fault: { cutAfterEvents: 4, reply: { outputTokens: 60 } },
    // cline tries nothing again that failed inside a stream.
    agents: { ...everyone(again), cline: once(/ended the answer before it was complete/) },
  }),
  trial('an error event in a stream', {
    fault: { errorAfterEvents: 1 },
    // Continue knows a fault that passes by its wording; grok does not stream.
    agents: { ...everyone(again), cline: once(), continue: once(), grok: { calls: 0, recovers: true, shows: null } },
  }),
  trial("402 of the provider: its account's spend limit", {
    fault: { status: 402 },
    times: null,
    agents: everyone(once()),
  }),
  trial("429 of the provider: its account's spend limit", {
    fault: { status: 429, errorDetails: { error_code: 'enforced_spend_limit_reached' } },
    asOpenAi: { errorType: 'insufficient_quota', errorCode: 'insufficient_quota' },
    times: null,
    // opencode goes by the words of the body, which are the provider's: of Anthropic a "rate_limit_error".
    agents: { ...everyone(once()), opencode: { calls: 6, recovers: false, shows: /Marmalade shortage/ } },
  }),
  trial('a key of the gateway that the provider refuses', {
    fault: { status: 401 },
    times: null,
    agents: {
      ...everyone(once(/refused this gateway.{1,2}s own key/)),
      // It tries a 5xx five times, whatever the gateway says of it.
      opencode: { calls: 6, recovers: false, shows: /refused this gateway/ },
    },
  }),
  trial('a full context', {
    fault: {
      status: 400,
      errorMessage: 'prompt is too long: 210000 tokens > 200000 maximum',
      errorCode: 'context_length_exceeded',
    },
    times: null,
    agents: { 'claude-code': once(/Prompt is too long/), codex: once(/ran out of room/) },
  }),
  trial("a team's budget that is used up", {
    spent: true,
    times: null,
    agents: everyone(once(/the month budget of team .{1,2}\S+ (is reached|has no room)/)),
  }),
  trial("a turn's cap, surfaced", {
    policy: { iterations: { perTurn: 1 } },
    task: WORK,
    agents: everyone({ calls: 2, recovers: false, shows: /Headgate stopped this turn after 1 model call/ }),
  }),
  trial("a turn's cap, refused", {
    policy: { iterations: { perTurn: 1, onCap: 'block' } },
    task: WORK,
    agents: everyone({ calls: 2, recovers: false, shows: /Headgate stopped this turn after 1 model call/ }),
  }),
]
