/** Prompt caching stacked on top: what a long session reads from its provider's cache, with planning and without. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../src/core/pricing/price-book.ts'
import { billTiers } from '../../src/core/replay/bill-tiers.ts'
import { servingTarget } from '../../src/core/replay/serving-target.ts'
import type { TraceSession } from '../../src/core/replay/trace.ts'
import { KNOWN_MODELS } from '../../src/core/routing/models.ts'
import type { LoggedDecision } from '../support/admin-client.ts'
import { sessionBodies, type SessionShape } from '../support/long-session.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startGateway()
})
beforeEach(() => {
  gateway.upstream.state.promptCache.clear()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})

/** The model asked for is kept, and no cap ends the turn: what is left is caching. */
const POLICY = {
  schema: 1,
  requestedModel: 'pin',
  iterations: { withoutProgress: null, perTurn: null },
}
const OPUS = 'claude-opus-4-6'
const SONNET = 'claude-sonnet-4-6'
const AGENT: SessionShape = { calls: 40, startTokens: 41_000, addedTokens: 1_250, model: OPUS, marks: 'first' }

interface Run {
  /** Oldest first. */
  readonly decisions: readonly LoggedDecision[]
  readonly arrived: readonly string[]
  readonly sent: readonly string[]
}

async function run(bodies: Iterable<string>, policy: object, headers: Record<string, string> = {}): Promise<Run> {
  const { teamId, key } = await gateway.admin.newTeam('Caching')
  await gateway.admin.putPolicy(teamId, { ...POLICY, ...policy })
  const before = gateway.upstream.state.recording.since(0).length
  const sent = [...bodies]
  for (const body of sent) {
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        authorization: `Bearer ${key}`,
        ...headers,
      },
      body,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  }
  const decisions = await gateway.admin.waitForDecisions(teamId, sent.length)
  const arrived = gateway.upstream.state.recording.since(0).slice(before)
  return { decisions: decisions.toReversed(), arrived: arrived.map(({ bodyText }) => bodyText), sent }
}

function promptOf(decision: LoggedDecision): number {
  const { input_tokens: input, cache_read_tokens: read } = decision
  return input + read + decision.cache_write_short_tokens + decision.cache_write_long_tokens
}

function readShare(decisions: readonly LoggedDecision[]): number {
  const sum = (pick: (decision: LoggedDecision) => number): number =>
    decisions.reduce((total, decision) => total + pick(decision), 0)
  return sum(({ cache_read_tokens: read }) => read) / sum(promptOf)
}

describe('a client that never moves its mark', () => {
  it('reads over 90% of its prompts from the cache with planning on, which is the default', async () => {
    const { decisions } = await run(sessionBodies(AGENT), {})

    expect(promptOf(decisions[0]!)).toBeGreaterThan(40_500)
    expect(promptOf(decisions[39]!) - promptOf(decisions[38]!)).toBeGreaterThan(1_200)
    expect(readShare(decisions.slice(1))).toBeGreaterThan(0.9)
    for (const decision of decisions.slice(1)) {
      expect(decision.cache_read_tokens / promptOf(decision)).toBeGreaterThan(0.9)
      expect(decision.adaptations).toEqual([expect.stringMatching(/^cache:tail\+/)])
      expect(decision.warnings).toEqual([])
    }
  })

  it('is told what it lost with planning off', async () => {
    const { decisions, arrived, sent } = await run(sessionBodies({ ...AGENT, calls: 6 }), {
      promptCaching: { plan: false },
    })

    expect(arrived).toEqual(sent)
    const last = decisions[5]!
    expect(last.input_tokens).toBeGreaterThan(4 * 1_250)
    expect(last.warnings).toEqual([`cache_uncached_tail:${last.input_tokens}`])
  })
})

it('a session without marks is written for 5 minutes at first, and what it adds for an hour', async () => {
  const { decisions } = await run(sessionBodies({ ...AGENT, calls: 4, marks: 'none' }), {})

  expect(
    decisions.map((decision) => [decision.cache_write_short_tokens > 0, decision.cache_write_long_tokens > 0]),
  ).toEqual([
    [true, false],
    [false, true],
    [false, true],
    [false, true],
  ])
  expect(decisions[1]!.adaptations).toEqual(['cache:tail+system:1h'])
})

it('a session costs what replay predicts for it, within 2%', async () => {
  const { decisions } = await run(sessionBodies({ ...AGENT, marks: 'none' }), { promptCaching: { lifetime: 'short' } })

  const trace: TraceSession = {
    id: 'e2e',
    calls: decisions.map((decision, index) => ({
      atMs: index * 1_000,
      promptTokens: 41_000 + index * 1_250,
      outputTokens: decision.output_tokens,
      startsTurn: index === 0,
      afterCompaction: false,
      edited: false,
    })),
  }
  const model = KNOWN_MODELS.find(({ id }) => id === OPUS)
  const terms = { prices: buildPriceBook(), pricedAt: Date.now(), lifetimeMs: 300_000 }
  const opus = model === undefined ? null : servingTarget(model, terms)
  if (opus === null) throw new Error(`${OPUS} has no price`)
  const predicted = billTiers(
    trace,
    trace.calls.map(() => 3 as const),
    { 1: opus, 2: opus, 3: opus },
  )
  const billed = decisions.reduce((sum, { cost_nano: cost }) => sum + (cost ?? 0), 0)
  expect(Math.abs(billed / predicted - 1)).toBeLessThan(0.02)
})

describe('a client that marks its tail itself', () => {
  it('is passed on byte for byte', async () => {
    const { arrived, sent, decisions } = await run(sessionBodies({ ...AGENT, calls: 8, marks: 'tail' }), {})

    expect(arrived).toEqual(sent)
    expect(readShare(decisions.slice(1))).toBeGreaterThan(0.9)
    expect(decisions.flatMap(({ adaptations, warnings }) => [...adaptations, ...warnings])).toEqual([])
  })

  it('finds the cache of a model again to which it comes back after many calls', async () => {
    const calls = [...sessionBodies({ ...AGENT, calls: 26, marks: 'tail' })]
    const bodies = calls.map((body, index) => (index > 1 && index < 25 ? body.replace(OPUS, SONNET) : body))
    const { decisions } = await run(bodies, {})

    const back = decisions[25]!
    expect(back.model).toBe(OPUS)
    expect(back.adaptations).toEqual(['cache:bridge'])
    expect(back.cache_read_tokens).toBe(promptOf(decisions[1]!))
  })
})

it('a prefix that changes at every call is told, and never rewritten', async () => {
  const bodies = [...sessionBodies({ ...AGENT, calls: 3, marks: 'tail' })].map((body, call) =>
    body.replace('"system":"', `"system":"Current time: 10:0${call}\\n`),
  )
  const { decisions, arrived } = await run(bodies, {}, { 'x-session-id': 'volatile-1' })

  expect(arrived).toEqual(bodies)
  expect(decisions.map(({ warnings }) => warnings)).toEqual([
    [],
    ['volatile_prefix:timestamp'],
    ['volatile_prefix:timestamp'],
  ])
})
