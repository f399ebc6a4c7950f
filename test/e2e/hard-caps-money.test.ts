/**
 * Many calls of mixed size, streamed and not, thinking unseen or not, against a hard cap. `npm run e2e:money` is the long
 * form: 300 calls arriving over 30 seconds.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { promptNano } from '../../src/core/ledger/affordable-output.ts'
import type { Quote } from '../../src/core/ledger/admission.ts'
import type { LearnedCosts } from '../../src/core/ledger/learned-cost.ts'
import { buildPriceBook, priceOf, type KnownPrice } from '../../src/core/pricing/price-book.ts'
import { BYTES_PER_OUTPUT_TOKEN } from '../../src/core/tokens/byte-weights.ts'
import type { LoggedDecision } from '../support/admin-client.ts'
import { refusedStanding, type RefusedStanding } from '../support/budget-header.ts'
import {
  guardNano,
  learnedAfterEach,
  neededNano,
  p95Nano,
  PINNED,
  quoteOf,
  worstNano,
} from '../support/expected-holds.ts'
import { loggedOrder } from '../support/local-databases.ts'
import { billedNano, moneyCall, outputNano, sendCall, type MoneyCall } from '../support/money-calls.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

const FULL = process.env['HEADGATE_MONEY'] === 'full'
const RUN = FULL
  ? { calls: 300, overMs: 30_000, capUsd: 1, atLeast: 0.97 }
  : { calls: 90, overMs: 9_000, capUsd: 0.3, atLeast: 0.93 }
const CAP_NANO = RUN.capUsd * 1e9
/** What the gateway publishes: see `GUARD_TOKENS`, and the steps of `spend-step.ts`. */
const GUARD_TOKENS = 256
const STEP_TOKENS = 256

let gateway: TestGateway
const persist = mkdtempSync(join(tmpdir(), 'headgate-money-'))

beforeAll(async () => {
  gateway = await startGateway({ persist })
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  rmSync(persist, { recursive: true, force: true })
})

const SIZES = [60, 120, 200, 350, 600, 900]
const THOUGHTS = [80, 250, 700]

function planned(number: number): MoneyCall {
  return moneyCall(number, {
    outputTokens: SIZES[(number * 5) % SIZES.length]!,
    thinkingTokens: THOUGHTS[(number * 7) % THOUGHTS.length]!,
    eventDelayMs: 20,
    padding: number % 3 === 0 ? 400 : 0,
  })
}

interface Asked {
  readonly call: MoneyCall
  readonly quote: Quote
  readonly startedAt: number
  readonly endedAt: number
  readonly status: number
  readonly decision: string | null
  readonly text: string
  readonly standing: RefusedStanding | null
  /** Seconds that it was told to wait; null: it was not. */
  readonly toldSeconds: number | null
}

/** A client that comes back when it is told to, as all do. */
async function patient(key: string, call: MoneyCall, asked: Asked[]): Promise<number> {
  for (;;) {
    const startedAt = Date.now()
    const answer = await sendCall(gateway.url, key, call)
    const text = await answer.text()
    const { status, headers } = answer
    const seconds = Number(headers.get('retry-after'))
    asked.push({
      call,
      quote: quoteOf(call, startedAt),
      startedAt,
      endedAt: Date.now(),
      status,
      decision: headers.get('x-headgate-decision') ?? headers.get('request-id') ?? headers.get('x-request-id'),
      text,
      standing: status === 200 ? null : refusedStanding(headers),
      toldSeconds: status === 429 ? seconds : null,
    })
    if (status !== 429) return status
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    await sleep(seconds * 1_000)
  }
}

/** A call in the log. */
interface Settled {
  readonly asked: Asked
  readonly decision: LoggedDecision
  readonly costNano: number
  readonly endedAt: number
}

/** The run as it can be told from outside: the settlements in their order, what was spent and learned after each. */
interface Outside {
  readonly asked: readonly Asked[]
  readonly settled: readonly Settled[]
  readonly place: ReadonlyMap<Asked, number>
  /** Ids of the calls that were refused after their admission: those are logged. */
  readonly blocked: ReadonlySet<string>
  readonly spentAfter: readonly number[]
  readonly learnedAfter: readonly LearnedCosts[]
}

function seenFromOutside(
  asked: readonly Asked[],
  settled: readonly Settled[],
  decisions: readonly LoggedDecision[],
): Outside {
  const spentAfter = [0]
  for (const { costNano } of settled) spentAfter.push(spentAfter.at(-1)! + costNano)
  return {
    asked,
    settled,
    place: new Map(settled.map((one, index) => [one.asked, index])),
    blocked: new Set(decisions.filter(({ ending }) => ending === 'blocked').map(({ id }) => id)),
    spentAfter,
    learnedAfter: learnedAfterEach(
      settled.map(({ asked: { quote }, costNano, decision }) => ({ quote, costNano, estimated: decision.estimated })),
    ),
  }
}

/** A message to the ledger is never longer under way. */
const LONGEST_MESSAGE_MS = 2_000
/** The gateway counts a token for fewer bytes of what is seen than the scripted provider, which bills one for 4. */
const COUNTED_HIGH = 4 / BYTES_PER_OUTPUT_TOKEN

/**
 * The most that may be held for a call that is not among the first `done` settlements, its guard included. One whose
 * output is seen: the 95th percentile of its kind, or, once it has passed that, what it was extended to, which is a step
 * ahead of what it has said: 256 tokens, or half of it. One that thinks unseen: the worst that its lowered limit allows,
 * since nothing can be extended or stopped that nobody sees.
 */
function mayHoldNano(one: Asked, done: number, { settled, place, spentAfter, learnedAfter }: Outside): number {
  const { call, quote } = one
  // Which of them had ended when it was admitted is known but for messages under way.
  const before = settled.findIndex(({ endedAt }) => endedAt > one.startedAt - LONGEST_MESSAGE_MS)
  const from = Math.min(done, before === -1 ? done : before)
  const p95 = Math.max(...learnedAfter.slice(from, done + 1).map((learned) => p95Nano(learned, quote)))
  const own = settled[place.get(one) ?? -1]
  const heldNano = call.hidden ? unseenNano() : seenNano()
  return Math.min(worstNano(quote), Math.max(p95, heldNano)) + guardNano(quote)

  function seenNano(): number {
    if (own === undefined) return 0
    const counted = Math.ceil(own.decision.output_tokens * COUNTED_HIGH)
    return coldPromptNano(own) + outputNano(call.model, counted + Math.max(STEP_TOKENS, Math.ceil(counted / 2)))
  }

  function unseenNano(): number {
    // Refused after its admission: an eighth of what was left then.
    if (own === undefined) return Math.ceil((CAP_NANO - spentAfter[from]!) / 8)
    const lowered = /_tokens:\d+->(\d+)/.exec(own.decision.adaptations.join(' '))?.[1]
    // The limit is whole tokens, what is held for it is not.
    return coldPromptNano(own) + outputNano(call.model, Number(lowered ?? call.maxTokens) + 1)
  }
}

/** The whole prompt, written. */
function coldPromptNano({ asked: { call }, decision }: Settled): number {
  const price = priceOf(buildPriceBook(), decision.target, decision.at) as KnownPrice
  const ratio = call.model === 'claude-sonnet-5-5' ? 1.3 : 1
  const promptTokens = Math.ceil(decision.context_tokens * ratio)
  return promptNano({ price, promptTokens, warmTokens: 0, lifetime: 'short' })
}

/**
 * The room there was for a refused call, from outside; below 0: there was none. What had been spent tells, to the
 * nano-dollar, which calls had been settled; how many were in flight the refusal says, and which ones the clocks.
 */
function roomNano(refused: Asked, outside: Outside): number {
  const { spent, held, needed, limit, calls } =
    refused.standing ?? expect.unreachable(`a refusal without its arithmetic: ${refused.status} ${refused.text}`)
  expect(limit).toBe(CAP_NANO)
  expect(spent + held + needed).toBeGreaterThan(limit)
  const done = outside.spentAfter.indexOf(spent)
  expect(done, `${spent} is not what the first settlements cost`).toBeGreaterThanOrEqual(0)
  // A call that was admitted, and whose prompt then turned out to need more than such calls do, says how much more.
  const admitted = outside.blocked.has(refused.decision ?? '')
  if (!admitted) expect(needed).toBe(neededNano(outside.learnedAfter[done]!, refused.quote))
  const inFlight = outside.asked
    .filter((one) => one.startedAt <= refused.endedAt && (outside.place.get(one) ?? Infinity) >= done)
    .filter((one) => one.status === 200 || one.endedAt >= refused.startedAt)
    .filter((one) => one !== refused || admitted)
    .map((one) => mayHoldNano(one, done, outside))
    .sort((one, other) => other - one)
    .slice(0, calls)
  return limit - spent - inFlight.reduce((sum, nano) => sum + nano, 0) - needed
}

it('are billed at most the cap, and nearly all of it; nobody is refused while there is room', async () => {
  const team = await gateway.admin.newTeam('Money')
  await gateway.admin.putPolicy(team.teamId, PINNED)
  await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: RUN.capUsd, mode: 'hard' })
  await knowPolicy(team.key)
  const asked: Asked[] = []
  const clients: Promise<number>[] = []
  for (let number = 0; number < RUN.calls; number += 1) {
    clients.push(patient(team.key, planned(number), asked))
    await sleep(RUN.overMs / RUN.calls)
  }
  const statuses = await Promise.all(clients)
  const { recording } = gateway.upstream.state
  while (recording.since(0).some(({ endedAt }) => endedAt === null)) await sleep(50)
  const answered = asked.filter(({ status }) => status === 200)
  const logged = async () => new Map((await gateway.admin.decisions(team.teamId)).map((one) => [one.id, one]))
  const unlogged = async () => {
    const known = await logged()
    return answered.filter(({ decision }) => !known.has(decision ?? '')).length
  }
  await expect.poll(unlogged, { timeout: 15_000 }).toBe(0)
  const decisions = [...(await logged()).values()]

  const bill = recording.bill.reduce((sum, row) => sum + billedNano(row), 0)
  const charged = decisions.reduce((sum, { cost_nano }) => sum + (cost_nano ?? 0), 0)
  const order = loggedOrder(persist, team.teamId)
  const settled = answered
    .map((one): Settled => {
      const decision =
        decisions.find(({ id }) => id === one.decision) ?? expect.unreachable(`not logged: ${one.call.name}`)
      return { asked: one, decision, costNano: decision.cost_nano ?? 0, endedAt: decision.at + decision.total_ms }
    })
    .sort((one, other) => order.indexOf(one.decision.id) - order.indexOf(other.decision.id))
  const refusals = asked.filter(({ status }) => status !== 200)
  const waits = refusals.filter(({ status }) => status === 429)
  const outside = seenFromOutside(asked, settled, decisions)
  const room = refusals.map((refused) => roomNano(refused, outside))
  const stops = settled.filter(({ decision }) => decision.ending === 'budget_stopped')
  console.info({
    billedUsd: bill / 1e9,
    chargedUsd: charged / 1e9,
    answered: answered.length,
    waits: waits.length,
    longestWaitToldSeconds: Math.max(...waits.map(({ toldSeconds }) => toldSeconds ?? 0)),
    finallyRefused: statuses.filter((status) => status === 402).length,
    stopped: stops.length,
    refusedAfterAdmission: outside.blocked.size,
    lowered: settled.filter(({ decision }) => /_tokens:\d+->/.test(decision.adaptations.join())).length,
    overshootTokens: stops.map((stop) => overshoot(stop)),
    mostRoomAtARefusalUsd: Math.max(...room) / 1e9,
  })
  expect(statuses.filter((status) => status !== 200 && status !== 402)).toEqual([])
  expect(bill).toBeLessThanOrEqual(CAP_NANO)
  expect(bill).toBeGreaterThanOrEqual(RUN.atLeast * CAP_NANO)
  expect(bill).toBeLessThanOrEqual(charged)
  expect(settled.filter(({ decision }) => decision.estimated && decision.ending === 'complete')).toEqual([])
  expect(waits.length).toBeGreaterThan(0)
  expect(Math.max(...room)).toBeLessThan(0)
}, 300_000)

/** What is asked at the ledger brings the team's policy: from then on quotes are of the model asked for alone. */
async function knowPolicy(key: string): Promise<void> {
  const answer = await fetch(`${gateway.url}/v1/route`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(planned(0).body),
  })
  expect(await answer.json()).toMatchObject({ policyVersion: 1 })
}

/** Tokens the provider billed of a stopped call beyond what the gateway had seen, or fewer: what the guard is for. */
function overshoot({ asked, decision }: Settled): number {
  const marker = `(${asked.call.name})`
  const record = gateway.upstream.state.recording
    .since(0)
    .findLast(({ bodyText, billed }) => billed !== null && bodyText.includes(marker))
  return (record?.billed?.output ?? 0) - (decision.output_tokens - GUARD_TOKENS)
}
