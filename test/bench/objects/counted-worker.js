/**
 * The deployable Worker with two things added: its objects count the rows their SQL reads and writes and the alarms they
 * set, and a route drives one object through many calls from inside the runtime.
 */
import * as worker from './index.js'

const counted = { read: 0, written: 0, statements: 0, alarms: 0 }
/** The latest cursor of each object's storage: its rows are known once it was read, so it counts at the next statement. */
const latest = new WeakMap()

function countRows(ctx) {
  const sql = Object.getPrototypeOf(ctx.storage.sql)
  if (sql.counting) return
  const { exec } = sql
  sql.exec = function (...query) {
    const before = latest.get(this)
    counted.read += before?.rowsRead ?? 0
    counted.written += before?.rowsWritten ?? 0
    counted.statements++
    const cursor = exec.apply(this, query)
    latest.set(this, cursor)
    return cursor
  }
  sql.counting = true
  const storage = Object.getPrototypeOf(ctx.storage)
  const { setAlarm } = storage
  storage.setAlarm = function (...when) {
    counted.alarms++
    return setAlarm.apply(this, when)
  }
}

export class LedgerObject extends worker.LedgerObject {
  constructor(ctx, env) {
    countRows(ctx)
    super(ctx, env)
  }
}

export class SessionObject extends worker.SessionObject {
  constructor(ctx, env) {
    countRows(ctx)
    super(ctx, env)
  }
}

let calls = 0

async function setUpLedger(ledger, { team, key, budget }) {
  await ledger.configureTeam(team)
  await ledger.putKey(key)
  await ledger.putBudget(budget)
}

async function ledgerCall(ledger, { ask, settlement }) {
  const requestId = `req_${++calls}`
  const answer = await ledger.admit({ ...ask, requestId })
  if (!answer.admitted) throw new Error(`refused: ${answer.refusal.code}`)
  const record = { ...settlement.record, id: requestId }
  const closed = await ledger.settle({ ...settlement, reservation: answer.reservation, record })
  if (!closed.closed) throw new Error(`not settled: ${closed.code}`)
}

/** The calls of an agent: a conversation that grows by two messages a call and starts anew after a hundred. */
async function sessionCall(session, { opening, outcome, callsAThread }) {
  const number = calls++
  const thread = Math.floor(number / callsAThread)
  const place = number % callsAThread
  const prefixHashes = Float64Array.from({ length: 1 + 2 * place }, (_none, index) => thread * 1e6 + index + 1)
  const begun = await session.begin({
    ...opening,
    requestId: `req_${number}`,
    prefixHashes,
    startsTurn: place % 10 === 0,
  })
  await session.record({ ...outcome, call: begun.call })
}

export default {
  ...worker.default,
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/bench/')) return worker.default.fetch(request, env, ctx)
    const asked = await request.json()
    if (pathname === '/bench/set-up') {
      await setUpLedger(env.LEDGERS.getByName(asked.name), asked)
      return Response.json({})
    }
    if (pathname === '/bench/rows') return Response.json(counted)
    const ledger = env.LEDGERS.getByName(asked.name)
    const session = env.SESSIONS.getByName(asked.name)
    const one = () => (pathname === '/bench/ledger' ? ledgerCall(ledger, asked) : sessionCall(session, asked))
    let left = asked.count
    const lane = async () => {
      while (left-- > 0) await one()
    }
    await Promise.all(Array.from({ length: asked.parallel }, lane))
    return Response.json({})
  },
}
