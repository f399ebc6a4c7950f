/**
 * What the pure parts cost: microseconds of processor time a call, on Claude Code's requests of three sizes and on a
 * ledger and a session with a history. Run: npm run bench:core. It prints tables and asserts nothing about absolute time.
 */
import { readAgent } from '../../src/core/agents/read-agent.ts'
import { NO_USAGE } from '../../src/core/chat/usage.ts'
import { dialectOf } from '../../src/core/dialects/registry.ts'
import { admit } from '../../src/core/ledger/admit.ts'
import { settle } from '../../src/core/ledger/close.ts'
import { configureTeam, putBudget } from '../../src/core/ledger/configure.ts'
import { keyOf } from '../../src/core/ledger/ledger-commands.ts'
import { putKey } from '../../src/core/ledger/configure-keys.ts'
import { NO_RATE_LIMITS } from '../../src/core/ledger/rate-limits.ts'
import { sent } from '../../src/core/ledger/housekeeping.ts'
import { journal } from '../../src/core/ledger/journal.ts'
import type { LedgerWrite, OutboxRow } from '../../src/core/ledger/ledger-state.ts'
import { restoreLedger } from '../../src/core/ledger/restore-ledger.ts'
import { beginCall } from '../../src/core/session/begin-call.ts'
import { callOpening } from '../../src/core/session/call-opening.ts'
import { recordCall } from '../../src/core/session/record-call.ts'
import { emptySession, type SessionState } from '../../src/core/session/session-state.ts'
import { readSignals } from '../../src/core/signals/read-signals.ts'
import { bodyOf } from '../core/dialects/body-of.ts'
import { cpuTime } from './cpu-time.ts'
import { requestWork, WORK_HEADERS as HEADERS } from './core/request-work.ts'
import { conversationBodies } from './gateway/conversation-bodies.ts'
import { workerdRows } from './core/in-workerd.ts'
import { SIZES, type SizeName } from './gateway/settings.ts'
import { ledgerMessages } from './objects/messages.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const DIALECT = dialectOf('anthropic-messages')

type Row = Record<string, string>

function row(work: () => unknown): Row {
  const { median, least, most } = cpuTime(work)
  return { 'us a call': median.toFixed(1), rounds: `${least.toFixed(1)}..${most.toFixed(1)}` }
}

/** The call that opens the turn: its text is the one that is classified. */
function requestRows(size: SizeName): Record<string, Row> {
  const bytes = conversationBodies(SIZES[size], true)[0] ?? new Uint8Array()
  const work = requestWork(bodyOf(new Uint8Array(bytes)))
  return Object.fromEntries(Object.entries(work).map(([name, part]) => [name, row(part)]))
}

/** A ledger that lives through its calls as its object lets it: journal and outbox put away now and then. */
function ledgerRow(history: number): Row {
  const nothing = { team: null, policy: null, starting: null, learned: [], told: [], keys: [], budgets: [], scopes: [] }
  const rows = { ...nothing, epoch: 1, outbox: [], receipts: [], journal: [], expired: [] }
  const { ledger } = restoreLedger(rows, NOW)
  const { ask, settlement, key } = ledgerMessages('0123456789abcdef')
  configureTeam(ledger, { contact: null, rateLimits: NO_RATE_LIMITS, teamId: '0123456789abcdef', name: 'Bench' })
  putKey(ledger, keyOf({ ...key, highestTier: 3 }))
  const limit = { period: 'month', limitNano: 9e15, mode: 'hard', thresholds: [], onExceed: 'block' } as const
  putBudget(ledger, { id: 'team:month', scope: 'team', ...limit }, NOW)
  let calls = 0
  let waiting: OutboxRow[] = []
  const call = () => {
    const requestId = `req_${++calls}`
    const { answer } = admit(ledger, { ...ask, requestId }, NOW + calls)
    if (!answer.admitted) throw new Error(answer.refusal.code)
    const record = { ...settlement.record, id: requestId }
    const { writes } = settle(ledger, { ...settlement, reservation: answer.reservation, record }, NOW + calls)
    waiting.push(...outboxRows(writes))
    if (calls % 100 !== 0) return
    journal(ledger)
    sent(ledger, waiting)
    waiting = []
  }
  for (let made = 0; made < history; made++) call()
  return row(call)
}

function outboxRows(writes: readonly LedgerWrite[]): OutboxRow[] {
  return writes.flatMap((write) => (write.table === 'outbox' && 'row' in write ? [write.row] : []))
}

/** A thread that grows by two messages a call and starts anew after a hundred calls. */
function sessionRow(history: number): Row {
  const bytes = conversationBodies(SIZES['100 KB'], true).at(-1) ?? new Uint8Array()
  const scan = DIALECT.scan(bodyOf(new Uint8Array(bytes)))
  const reading = readAgent(HEADERS, scan)
  const signals = readSignals(reading, scan)
  const pinned = { taskType: 'bug_fix', tier: 2, target: 'anthropic/model', evidenceSteps: 0 } as const
  let state: SessionState = emptySession()
  let calls = 0
  const call = () => {
    const now = NOW + calls * 1_000
    const thread = Math.floor(calls / 100) * 1e6
    const hashes = Float64Array.from({ length: 1 + 2 * (calls % 100) }, (_none, index) => thread + index + 1)
    const identity = { requestId: `req_${++calls}`, sessionId: 's', clientRetry: false }
    const opening = { ...callOpening(identity, reading, { signals, scan }), prefixHashes: hashes }
    const { state: begunState, begun } = beginCall(state, opening, now)
    const outcome = {
      call: begun.call,
      target: pinned.target,
      taskType: pinned.taskType,
      tier: pinned.tier,
      pinned,
      usage: { ...NO_USAGE, inputTokens: 900, cacheReadTokens: 25_000, outputTokens: 400 },
      tokenizerRatio: 1,
      costNano: 16_200_000,
      stopReason: 'tool_use',
      ending: 'complete',
      warmed: [{ scope: 'thread', tokens: 25_900, expiresAt: now + 300_000 } as const],
    }
    state = recordCall(begunState, outcome, now + 500).state
  }
  for (let made = 0; made < history; made++) call()
  return row(call)
}

for (const size of ['2 KB', '100 KB', '1 MB'] as const) {
  console.log(`\nA request of ${size}`)
  console.table(requestRows(size))
}
console.log('\nObjects, their rows apart')
console.table({
  'ledger: admit and settle': ledgerRow(0),
  'ledger: admit and settle, after 20,000 calls': ledgerRow(20_000),
  'session: begin and record': sessionRow(0),
  'session: begin and record, after 5,000 calls': sessionRow(5_000),
})
console.log('\nA request inside workerd: microseconds of the whole process')
console.table(await workerdRows())
console.log('\nScanning, by dialect and size')
await import('./core-scan.ts')
console.log('\nMetering, by dialect and cut')
await import('./core-meter.ts')
