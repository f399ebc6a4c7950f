/**
 * How far the gateway's token estimates are off, against a tokenizer it does not have: agents' conversations made of real
 * source text, each call estimated as the gateway does and then answered with the tokenizer's own count.
 * Run: npm run bench:tokens. Families are encodings of `gpt-tokenizer`; its counts are no other provider's.
 */
import { encode as encodeO200k } from 'gpt-tokenizer/encoding/o200k_base'
import { encode as encodeCl100k } from 'gpt-tokenizer/encoding/cl100k_base'
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
import { agentRequests, type AgentRequest } from './tokens/agent-requests.ts'
import { readTexts, KINDS, type Kind, type SourceText } from './tokens/source-texts.ts'

const ENCODINGS = { o200k_base: encodeO200k, cl100k_base: encodeCl100k } as const
type Encoding = keyof typeof ENCODINGS

const THREADS_A_KIND = 40
const CALLS_A_THREAD = 15
const NOW = Date.UTC(2026, 10, 23, 12)
const DIALECT = dialectOf('anthropic-messages')
const OUTPUT_TOKENS = 60

/** Errors of one thread's estimates, as shares of the true count. */
interface Errors {
  /** Before the thread had an answer: nothing but bytes is known. */
  readonly cold: number[]
  /** Of the whole prompt, once it had one. */
  readonly whole: number[]
  /** Of what was added since the last count. */
  readonly added: number[]
}

const nothing = (): Errors => ({ cold: [], whole: [], added: [] })

/** A provider's count is of the texts it is sent; what stands around them costs a few tokens a message. */
class Counter {
  readonly #encode: (typeof ENCODINGS)[Encoding]
  readonly #known = new Map<string, number>()

  constructor(encoding: Encoding) {
    this.#encode = ENCODINGS[encoding]
  }

  of({ texts }: AgentRequest): number {
    return texts.reduce((sum, text) => sum + this.#count(text) + 4, 0)
  }

  #count(text: string): number {
    const tokens = this.#known.get(text) ?? this.#encode(text).length
    this.#known.set(text, tokens)
    return tokens
  }
}

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
    const { contextTokens } = estimateContext(begun, signals)
    const truth = counter.of(request)
    const off = contextTokens - truth
    if (index === 0) errors.cold.push(Math.abs(off) / truth)
    else {
      errors.whole.push(Math.abs(off) / truth)
      errors.added.push(Math.abs(off) / (truth - lastTrue))
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
      usage: { ...NO_USAGE, inputTokens: truth, outputTokens: OUTPUT_TOKENS },
      tokenizerRatio: 1,
      costNano: 0,
      stopReason: 'tool_use',
      ending: 'complete',
      warmed: [],
    }
    state = recordCall(begunState, outcome, now + 5_000).state
  })
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

const percent = (value: number): string => `${(value * 100).toFixed(1)}%`

function shown({ cold, whole, added }: Errors): Record<string, string> {
  return {
    'first call, median': percent(quantile(cold, 0.5)),
    'first call, p95': percent(quantile(cold, 0.95)),
    'later calls, median': percent(quantile(whole, 0.5)),
    'later calls, p95': percent(quantile(whole, 0.95)),
    'added part, median': percent(quantile(added, 0.5)),
    'added part, p95': percent(quantile(added, 0.95)),
    calls: String(cold.length + whole.length),
  }
}

function measureKind(encoding: Encoding, kind: Kind, texts: readonly SourceText[]): Errors {
  const errors = nothing()
  const counter = new Counter(encoding)
  for (let thread = 0; thread < THREADS_A_KIND; thread++) {
    const requests = agentRequests(texts, { thread, calls: CALLS_A_THREAD })
    measureThread(requests, counter, errors, `${encoding}-${kind}-${thread}`)
  }
  return errors
}

for (const encoding of Object.keys(ENCODINGS) as Encoding[]) {
  const all = nothing()
  const table: Record<string, Record<string, string>> = {}
  for (const kind of KINDS) {
    const errors = measureKind(encoding, kind, readTexts(kind))
    table[kind] = shown(errors)
    for (const name of ['cold', 'whole', 'added'] as const) all[name].push(...errors[name])
  }
  table['all'] = shown(all)
  console.log(`\nToken estimates against ${encoding}: error as a share of the true count`)
  console.table(table)
}
