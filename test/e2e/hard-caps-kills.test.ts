/**
 * The ledger against the provider's bill where calls die: the gateway killed in the middle of them, its objects asleep
 * while they run, clients that leave at every stage. `npm run e2e:money` is the long form: three kills, and sleep.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../../src/cli/upstream.ts'
import { AdminClient } from '../support/admin-client.ts'
import { launchGateway, type Launched } from '../support/launched-gateway.ts'
import { ledgerEpoch, loggedNotices } from '../support/local-databases.ts'
import { billedNano, KINDS, moneyCall, outputNano, sendCall, type MoneyCall } from '../support/money-calls.ts'

const FULL = process.env['HEADGATE_MONEY'] === 'full'
const KILLS = FULL ? 3 : 1
/** Half of it passes between two signs of life: in the long form the objects have time to fall asleep in between. */
const SILENCE_SECONDS = FULL ? 45 : 8
/** The least step of an extension, what is asked for ahead, and what is held for an answer of which nothing is known. */
const STEP_TOKENS = 256 + 128 + 300

let upstream: Upstream
let gateway: Launched
let team: { readonly teamId: string; readonly key: string }
const persist = mkdtempSync(join(tmpdir(), 'headgate-kills-'))

async function start(): Promise<void> {
  gateway = await launchGateway({
    persist,
    environment: {
      ANTHROPIC_API_KEY: 'scripted-anthropic',
      ANTHROPIC_BASE_URL: upstream.url,
      OPENAI_API_KEY: 'scripted-openai',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      CALL_SILENCE_SECONDS: String(SILENCE_SECONDS),
    },
  })
}

const admin = () => new AdminClient(gateway)

beforeAll(async () => {
  upstream = await startUpstream()
  await start()
  team = await admin().newTeam('Kills')
  await admin().putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
  await admin().putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 5, mode: 'hard' })
})
afterAll(async () => {
  await gateway.kill()
  await upstream.close()
  rmSync(persist, { recursive: true, force: true })
})

interface Standing {
  readonly spentNano: number
  readonly reservedNano: number
}

async function standing(): Promise<Standing> {
  const answer = await admin().send('GET', `/teams/${team.teamId}/budgets`)
  const { budgets } = (await answer.json()) as { budgets: Standing[] }
  return budgets[0] ?? expect.unreachable('no budget')
}

async function providerIdle(): Promise<void> {
  while (upstream.state.recording.since(0).some(({ endedAt }) => endedAt === null)) await sleep(50)
}

let numbers = 0
const sent: MoneyCall[] = []

function next(wish: Partial<Parameters<typeof moneyCall>[1]>, kind: (typeof KINDS)[number]): MoneyCall {
  numbers += 1
  const usual = { outputTokens: 120, thinkingTokens: 60, eventDelayMs: 10, maxTokens: 2_000 }
  const call = moneyCall(numbers, { ...usual, ...wish }, kind)
  sent.push(call)
  return call
}

/** To its end, whatever that is. */
async function run(call: MoneyCall): Promise<void> {
  const answer = await sendCall(gateway.url, team.key, call).catch(() => null)
  await answer?.text().catch(() => '')
}

type Stage = 'before the headers' | 'at the first byte' | 'in the middle'

/** A client that leaves at a stage. */
async function leave(call: MoneyCall, stage: Stage): Promise<void> {
  const gone = new AbortController()
  const answered = sendCall(gateway.url, team.key, call, gone.signal)
  if (stage === 'before the headers') await sleep(700)
  else {
    const reader = (await answered.catch(() => null))?.body?.getReader()
    await reader?.read().catch(() => null)
    const until = Date.now() + (stage === 'in the middle' ? 700 : 0)
    while (Date.now() < until && (await reader?.read().catch(() => null))?.done === false) continue
  }
  gone.abort()
  await answered.catch(() => null)
}

const STREAMS = KINDS.filter((kind) => 'stream' in kind.body('', 1))

/** Short calls of every kind, long ones that the kill ends, and clients that leave. */
function wave(): Promise<unknown> {
  const long = { outputTokens: 1_500, thinkingTokens: 300, eventDelayMs: 50 }
  const stages: Stage[] = ['at the first byte', 'in the middle']
  return Promise.all([
    ...KINDS.map((kind) => run(next({}, kind))),
    ...KINDS.map((kind) => run(next(long, kind))),
    ...KINDS.map((kind) => leave(next({ ...long, headersDelayMs: 3_000 }, kind), 'before the headers')),
    ...STREAMS.flatMap((kind) => stages.map((stage) => leave(next(long, kind), stage))),
  ])
}

/** What ends before the kill: the short calls, and the clients that leave. */
const ENDED_IN_A_WAVE = 2 * KINDS.length + 2 * STREAMS.length

/**
 * Waits until so many calls are in the log, for four seconds at most: the long ones must still run at the kill. What a
 * kill finds in the local queue, which lives in memory, would be charged and not logged.
 */
async function logged(calls: number): Promise<void> {
  const until = Date.now() + 4_000
  while (Date.now() < until && (await admin().decisions(team.teamId)).length < calls) await sleep(100)
}

/** What a call that died may be charged too much or too little: one step; what is unseen is held to its limit at once. */
function stepOf({ model, hidden, maxTokens, outputTokens }: MoneyCall): number {
  return outputNano(model, hidden ? maxTokens : Math.max(STEP_TOKENS, outputTokens / 2))
}

it('the ledger and the bill differ by no more than a step for each call that died, and all of those are flagged', async () => {
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = (await admin().decisions(team.teamId)).length
    const ended = wave()
    await sleep(4_500)
    await logged(before + ENDED_IN_A_WAVE)
    await gateway.kill()
    await ended
    await providerIdle()
    await start()
  }
  const since = Date.now()
  let last = await standing()
  while (last.reservedNano > 0 && Date.now() - since < (SILENCE_SECONDS + 5) * 1_000) {
    await sleep(500)
    last = await standing()
  }
  const freedMs = Date.now() - since
  if (FULL) {
    // Nothing else happens meanwhile, so the objects fall asleep in the middle of these calls.
    const slow = { outputTokens: 190, thinkingTokens: 0, eventDelayMs: 1_000 }
    await Promise.all([run(next(slow, KINDS[0]!)), run(next(slow, KINDS[1]!)), run(next(slow, KINDS[2]!))])
  }
  await Promise.all(KINDS.map((kind) => run(next({}, kind))))
  await providerIdle()
  await sleep(500)
  last = await standing()
  const decisions = await admin().waitForDecisions(team.teamId, 1)
  // The notices take the same way as the decisions.
  await sleep(2_500)
  expect(await gateway.stop()).toBe(0)

  const records = upstream.state.recording.since(0).filter(({ billed }) => billed !== null)
  const bill = upstream.state.recording.bill.reduce((sum, row) => sum + billedNano(row), 0)
  const exact = decisions.filter(({ estimated }) => !estimated)
  const died = records.filter(({ ending }) => ending !== 'complete')
  const callOf = (body: string) =>
    sent.find(({ name }) => body.includes(`(${name})`)) ?? expect.unreachable('unknown call')
  // Which record a decision settled is known by its amount, to the nano-dollar.
  const unsettled = [...records]
  const unbilled = exact.filter(({ cost_nano }) => {
    const at = unsettled.findIndex(({ model, billed }) => billedNano({ model: model!, tokens: billed! }) === cost_nano)
    if (at !== -1) unsettled.splice(at, 1)
    return at === -1
  })
  const bound = unsettled.reduce((sum, { bodyText }) => sum + stepOf(callOf(bodyText)), 0)
  const diedNano = died.reduce((sum, { model, billed }) => sum + billedNano({ model: model!, tokens: billed! }), 0)
  const notices = loggedNotices(persist, team.teamId, ['expired', 'unaccounted'])
  const flagged = decisions.length - exact.length + notices.filter((kind) => kind === 'expired').length
  console.info({
    billUsd: bill / 1e9,
    ledgerUsd: last.spentNano / 1e9,
    diedBilledUsd: diedNano / 1e9,
    differenceUsd: (last.spentNano - bill) / 1e9,
    allowedUsd: bound / 1e9,
    sent: sent.length,
    billed: records.length,
    died: died.length,
    flagged,
    notices: notices.join(' '),
    freedMs,
    epoch: ledgerEpoch(persist, team.teamId),
  })
  expect(last.reservedNano).toBe(0)
  expect(died.length).toBeGreaterThanOrEqual(KILLS * KINDS.length)
  expect(Math.abs(last.spentNano - bill)).toBeLessThanOrEqual(bound)
  // What a kill finds in the local queue, which lives in memory, is charged and not logged.
  expect(exact.length).toBeGreaterThanOrEqual(KINDS.length)
  expect(unbilled).toEqual([])
  const unaccounted = notices.filter((kind) => kind === 'unaccounted').length
  expect(flagged + unaccounted).toBeGreaterThanOrEqual(died.length)
  // Each run of the ledger counts itself: the first, one after each kill, and those after a sleep.
  expect(ledgerEpoch(persist, team.teamId)).toBeGreaterThanOrEqual(1 + KILLS + (FULL ? 1 : 0))
}, 300_000)
