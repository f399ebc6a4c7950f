/**
 * How far the gateway's token estimates are off, against tokenizers it does not have: agents' conversations made of real
 * texts, each call estimated as the gateway does and then answered with the tokenizer's own count. Run:
 * `npm run bench:tokens`; `-- fit` prints what the weights of bytes are made from; `-- FOLDER` the first calls of recorded
 * requests (one JSON object with `url`, `headers` and `body` a line); `-- SESSIONS.jsonl.gz` what Claude's own counts say.
 * Encodings are those of `gpt-tokenizer`; its counts are no other provider's.
 */
import { readAgent } from '../../src/core/agents/read-agent.ts'
import { NO_USAGE } from '../../src/core/chat/usage.ts'
import { dialectOf } from '../../src/core/dialects/registry.ts'
import { estimateContext } from '../../src/core/routing/context.ts'
import { beginCall } from '../../src/core/session/begin-call.ts'
import { callOpening } from '../../src/core/session/call-opening.ts'
import { recordCall } from '../../src/core/session/record-call.ts'
import { emptySession, type SessionState } from '../../src/core/session/session-state.ts'
import { readSignals } from '../../src/core/signals/read-signals.ts'
import { bodyOf } from '../core/dialects/body-of.ts'
import { agentRequests, type AgentRequest, type Material } from './tokens/agent-requests.ts'
import { Counter, ENCODINGS, type Encoding } from './tokens/count-tokens.ts'
import { bias, shownErrors } from './tokens/errors.ts'
import { shownTexts } from './tokens/shown-texts.ts'
import { isHeldOut, readTexts, KINDS, type Kind } from './tokens/source-texts.ts'

const THREADS_A_KIND = 40
const CALLS_A_THREAD = 15
const NOW = Date.UTC(2026, 10, 23, 12)
const DIALECT = dialectOf('anthropic-messages')
/** What a model with these encodings counts for a token of the reference tokenizer. */
const TOKENIZER_RATIO = 1 / 1.15

/** Errors of the estimates, as signed shares of the true count. */
interface Errors {
  /** Before the thread had an answer: nothing but the request is known. */
  readonly first: number[]
  /** Of the whole prompt, once it had one. */
  readonly later: number[]
  /** Of what was added since the last count. */
  readonly added: number[]
}

const nothing = (): Errors => ({ first: [], later: [], added: [] })

function measureThread(requests: readonly AgentRequest[], counter: Counter, errors: Errors, session: string): void {
  const headers = { 'x-claude-code-session-id': session, 'x-app': 'cli' }
  let state: SessionState = emptySession()
  let lastTrue = 0
  requests.forEach((request, index) => {
    const now = NOW + index * 20_000
    const scan = DIALECT.scan(bodyOf(JSON.stringify(request.body)))
    const reading = readAgent(headers, scan)
    const signals = readSignals(reading, scan)
    const identity = { requestId: `req_${index}`, sessionId: session, clientRetry: false }
    const { state: begunState, begun } = beginCall(state, callOpening(identity, reading, { signals, scan }), now)
    const estimate = estimateContext(begun, signals).contextTokens * TOKENIZER_RATIO
    const truth = counter.prompt(request.texts)
    const off = estimate - truth
    if (index === 0) errors.first.push(off / truth)
    else {
      errors.later.push(off / truth)
      errors.added.push(off / (truth - lastTrue - counter.prompt(request.answer)))
    }
    lastTrue = truth
    const target = 'anthropic/model'
    const pinned = { taskType: 'bug_fix', tier: 2, target, evidenceSteps: 0 } as const
    const outcome = {
      call: begun.call,
      target,
      taskType: pinned.taskType,
      tier: pinned.tier,
      pinned,
      usage: { ...NO_USAGE, inputTokens: truth, outputTokens: counter.prompt(requests[index + 1]?.answer ?? []) },
      tokenizerRatio: TOKENIZER_RATIO,
      costNano: 0,
      stopReason: 'tool_use',
      ending: 'complete',
      warmed: [],
    }
    state = recordCall(begunState, outcome, now + 5_000).state
  })
}

function measureKind(encoding: Encoding, kind: Kind, material: Material): Errors {
  const errors = nothing()
  const counter = new Counter(encoding)
  for (let thread = 0; thread < THREADS_A_KIND; thread++) {
    const requests = agentRequests(material, { thread, calls: CALLS_A_THREAD })
    measureThread(requests, counter, errors, `${encoding}-${kind}-${thread}`)
  }
  return errors
}

function measureAll(): void {
  const { system, tools } = shownTexts()
  const fixed = { prose: system.filter(isHeldOut), tools: tools.filter(isHeldOut) }
  for (const encoding of ENCODINGS) {
    const all = nothing()
    const measured = new Map<string, Errors>()
    for (const kind of KINDS) {
      const errors = measureKind(encoding, kind, { ...fixed, files: readTexts(kind).filter(isHeldOut) })
      measured.set(kind, errors)
      for (const name of ['first', 'later', 'added'] as const) all[name].push(...errors[name])
    }
    measured.set('all', all)
    for (const part of ['first', 'later', 'added'] as const) {
      console.log(`\n${encoding}, ${TITLES[part]}: error as a share of the true count`)
      // What files are about makes no difference before one was read.
      const shown = [...measured].filter(([kind]) => part !== 'first' || kind === 'all')
      const rows = shown.map(([kind, errors]) => [kind, row(errors[part])])
      if (part === 'first') rows.push(['at a model whose ratio is 1', row(all.first.map(asReference))])
      console.table(Object.fromEntries(rows))
    }
  }
}

const TITLES = {
  first: "a thread's first call",
  later: 'later calls, the whole prompt',
  added: 'later calls, what was added',
} as const

/** The catalogue's GPT models count as many tokens as the reference, as far as it knows; an answer corrects that. */
function asReference(error: number): number {
  return (1 + error) / TOKENIZER_RATIO - 1
}

function row(errors: readonly number[]): Record<string, string> {
  return { calls: String(errors.length), ...shownErrors('off', errors), bias: bias(errors) }
}

const [wanted] = process.argv.slice(2)
if (wanted === undefined) measureAll()
else if (wanted === 'fit') (await import('./tokens/fit-weights.ts')).printFit()
else if (wanted.endsWith('.gz')) (await import('./tokens/claude-counts.ts')).printClaudeCounts(wanted)
else (await import('./tokens/recorded-requests.ts')).printRecorded(wanted, TOKENIZER_RATIO)
