/**
 * One session's memory, addressed by an HMAC of key and session id. All rules are in `core/session`; here is only what
 * needs a runtime: storage, the short wait for a record that is on its way, and the alarm that forgets idle sessions.
 */
import { DurableObject } from 'cloudflare:workers'
import { beginCall, dropCall } from '../core/session/begin-call.ts'
import type { BegunSession, CallOpening } from '../core/session/call-opening.ts'
import type { CallOutcome } from '../core/session/call-outcome.ts'
import { awaitedCall } from '../core/session/place-call.ts'
import { isWorthKeeping, recordCall } from '../core/session/record-call.ts'
import type { SessionState, SessionSummary, ThreadState } from '../core/session/session-state.ts'
import { emptySession, restoreSession } from '../core/session/session-state.ts'
import { heritageOf, inherit, type Heritage } from '../core/session/stored-answers.ts'
import { Arrivals } from './arrivals.ts'
import { hasTables, migrate, SESSION_MIGRATIONS } from './schema.ts'

/** How long `begin` waits for the record of the call it goes on from, before it estimates. */
const RECORD_WAIT_MS = 50
const IDLE_MS = 24 * 60 * 60_000

export class SessionObject extends DurableObject<Env> {
  #state: SessionState
  /** A session that was only asked, or that no provider answered yet, keeps no tables. */
  #hasTables: boolean
  /** Its alarm is known to be set. */
  #forgetsItself = false
  /** Records by request id, and conversations handed over by the id of their answer. */
  readonly #records = new Arrivals()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#hasTables = hasTables(ctx.storage.sql)
    if (this.#hasTables) migrate(ctx.storage, SESSION_MIGRATIONS)
    this.#state = this.#hasTables ? load(ctx.storage.sql) : emptySession()
  }

  /** Places a call and tells what routing needs to know. Writes nothing; the same request id gives the same answer. */
  async begin(opening: CallOpening): Promise<BegunSession> {
    const startedAt = Date.now()
    const awaited = awaitedCall(this.#state, opening, startedAt)
    if (awaited !== null) await this.#records.wait(awaited, RECORD_WAIT_MS)
    const { state, begun } = beginCall(this.#state, opening, startedAt)
    this.#state = state
    return begun
  }

  /** Takes in how a call ended, in one commit. A record that comes again changes nothing. */
  async record(outcome: CallOutcome): Promise<void> {
    const { state, written, forgotten, changed } = recordCall(this.#state, outcome, Date.now())
    const kept = changed && (this.#hasTables || isWorthKeeping(outcome))
    // The first row is joined by whatever was remembered until then.
    const rows = this.#hasTables ? written : [...state.threads.values()]
    if (kept) this.#write(state.summary, rows, forgotten)
    this.#state = state
    this.#records.arrived(outcome.call.requestId)
    if (!kept) return
    await Promise.all([this.#handOver(outcome, written[0]), this.#forgetItself()])
  }

  /** Takes over the conversation that a stored answer belongs to: calls that go on from it come here. */
  async adopt(heritage: Heritage): Promise<void> {
    const state = inherit(this.#state, heritage)
    if (state === null) return
    this.#write(state.summary, [heritage.thread], [])
    this.#state = state
    for (const id of heritage.thread.head?.stored?.ids ?? []) this.#records.arrived(id)
    await this.#forgetItself()
  }

  async #handOver({ heir }: CallOutcome, thread: ThreadState | undefined): Promise<void> {
    if (heir === undefined || thread === undefined) return
    await this.env.SESSIONS.getByName(heir.session).adopt(heritageOf(this.#state, thread, heir))
  }

  async #forgetItself(): Promise<void> {
    if (this.#forgetsItself) return
    this.#forgetsItself = true
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + IDLE_MS)
  }

  /** The call was refused or never sent: it is as if it had not begun. */
  drop(requestId: string): void {
    this.#state = dropCall(this.#state, requestId)
    this.#records.arrived(requestId)
  }

  /** Forgets everything once the session has been idle for a day. The alarm is moved here, not at every call. */
  override async alarm(): Promise<void> {
    const idleUntil = this.#state.summary.lastCallAt + IDLE_MS
    if (Date.now() < idleUntil) return this.ctx.storage.setAlarm(idleUntil)
    await this.ctx.storage.deleteAll()
    this.#state = emptySession()
    this.#hasTables = false
    this.#forgetsItself = false
  }

  /**
   * What is written without waiting in between is one commit; should a row fail, the object starts anew from what was
   * there before.
   */
  #write(summary: SessionSummary, written: readonly ThreadState[], forgotten: readonly string[]): void {
    const { storage } = this.ctx
    const { sql } = storage
    try {
      if (!this.#hasTables) migrate(storage, SESSION_MIGRATIONS)
      this.#hasTables = true
      sql.exec('INSERT OR REPLACE INTO summary (id, state) VALUES (1, ?)', JSON.stringify(summary))
      for (const thread of written) {
        sql.exec('INSERT OR REPLACE INTO threads (id, state) VALUES (?, ?)', thread.id, JSON.stringify(thread))
      }
      for (const id of forgotten) sql.exec('DELETE FROM threads WHERE id = ?', id)
    } catch (error) {
      this.ctx.abort(`session rows could not be written: ${String(error)}`)
      throw error
    }
  }
}

function load(sql: SqlStorage): SessionState {
  const summary = sql.exec<{ state: string }>('SELECT state FROM summary').toArray()[0]
  if (summary === undefined) return emptySession()
  const threads = sql.exec<{ state: string }>('SELECT state FROM threads').toArray()
  return restoreSession(
    JSON.parse(summary.state) as SessionSummary,
    threads.map((row) => JSON.parse(row.state) as ThreadState),
  )
}
