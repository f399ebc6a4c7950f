/**
 * A team's ledger: the one writer of its money, keys, budgets and policy. All rules are in `core/ledger`; here is only
 * what needs a runtime: storage, timers, the alarm and the queue. Methods run to their end without waiting, so no two
 * of them see each other half done, and their rows are confirmed before their answer leaves.
 */
import { DurableObject } from 'cloudflare:workers'
import type {
  AdmitAnswer,
  AdmitRequest,
  CloseAnswer,
  ExtendAnswer,
  IdentifyAnswer,
  IdentifyRequest,
  Reservation,
  SettleRequest,
} from '../core/ledger/admission.ts'
import { admit, identify } from '../core/ledger/admit.ts'
import { release, settle } from '../core/ledger/close.ts'
import type { Command } from '../core/ledger/configure.ts'
import { configureTeam, putBudget, putPolicy, putStarting, removeBudget, updateTeam } from '../core/ledger/configure.ts'
import { putKey, revokeKey, rotateKey, updateKey } from '../core/ledger/configure-keys.ts'
import type { Cooling } from '../core/ledger/cooling-report.ts'
import { coolingNow } from '../core/ledger/cooling-report.ts'
import type { HealthReport } from '../core/ledger/cooldowns.ts'
import { healthAfterCall, reportHealth } from '../core/ledger/cooldowns.ts'
import { extend, trim } from '../core/ledger/extend.ts'
import { housekeep, nextWake, OUTBOX_DELAY_MS, sent } from '../core/ledger/housekeeping.ts'
import { awaitedHeir } from '../core/ledger/join-sessions.ts'
import { exactMarks, journal } from '../core/ledger/journal.ts'
import type { KeyReport, TeamReport } from '../core/ledger/key-report.ts'
import { keyReports, teamReport } from '../core/ledger/key-report.ts'
import type {
  BudgetCommand,
  CommandAnswer,
  KeyCommand,
  KeyPatch,
  PolicyAnswer,
  TeamCommand,
  TeamPatch,
} from '../core/ledger/ledger-commands.ts'
import {
  budgetCommand,
  budgetOf,
  keyCommand,
  keyOf,
  keyPatch,
  malformed,
  rotateCommand,
  teamCommand,
  teamOf,
  teamPatch,
} from '../core/ledger/ledger-commands.ts'
import type { Ledger, LedgerWrite } from '../core/ledger/ledger-state.ts'
import { restoreLedger } from '../core/ledger/restore-ledger.ts'
import type { BudgetReport, OwnUsageAnswer, UsageReport } from '../core/ledger/usage-report.ts'
import { budgetReports, ownUsage, usageReport } from '../core/ledger/usage-report.ts'
import { logEntry } from '../core/log-events.ts'
import type { Released } from '../gateway/ports.ts'
import { Arrivals } from './arrivals.ts'
import { LedgerStorage } from './ledger-storage.ts'

/** How long an admitted call may be known to memory alone. */
const JOURNAL_DELAY_MS = 100
/** Without a call for this long the marks are made exact; an object falls asleep after ten seconds. */
const QUIET_MS = 5_000
/** How long a call that goes on from an answer waits for the settlement of the call that gave it. */
const HEIR_WAIT_MS = 250
/** A batch of the queue: at most 100 messages and 256 KB, of which some is overhead. */
const BATCH = { count: 100, bytes: 200_000 }
const BATCHES_PER_ALARM = 50
const LONGEST_BACKOFF_MS = 5 * 60_000

export class LedgerObject extends DurableObject<Env> {
  readonly #storage: LedgerStorage
  readonly #ledger: Ledger
  readonly #heirs = new Arrivals()
  #alarmAt: number | null = null
  #journalTimer = false
  #quietTimer = false
  #activeAt = 0
  #failedSends = 0
  #sendNotBefore = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#storage = new LedgerStorage(ctx.storage)
    const { ledger, writes } = restoreLedger(this.#storage.load(), Date.now())
    this.#ledger = ledger
    this.#write(writes)
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm()
      this.#arm(nextWake(this.#ledger, Date.now()))
    })
  }

  configureTeam(command: TeamCommand): CommandAnswer {
    const team = teamCommand.safeParse(command)
    if (!team.success) return malformed(team.error)
    return this.#commit(configureTeam(this.#ledger, teamOf(team.data)))
  }

  /** Changes what the patch names. */
  updateTeam(patch: TeamPatch): CommandAnswer {
    const checked = teamPatch.safeParse(patch)
    if (!checked.success) return malformed(checked.error)
    return this.#commit(updateTeam(this.#ledger, checked.data))
  }

  putKey(command: KeyCommand): CommandAnswer {
    const key = keyCommand.safeParse(command)
    if (!key.success) return malformed(key.error)
    return this.#commit(putKey(this.#ledger, keyOf(key.data)))
  }

  /** Changes what the patch names; its secret is changed by `rotateKey`. */
  updateKey(keyId: string, patch: KeyPatch): CommandAnswer {
    const checked = keyPatch.safeParse(patch)
    if (!checked.success) return malformed(checked.error)
    return this.#commit(updateKey(this.#ledger, keyId, checked.data))
  }

  /** The new hash is valid at once, the one before it for `overlapMs` more. */
  rotateKey(keyId: string, newHash: string, overlapMs: number): CommandAnswer {
    const rotation = rotateCommand.safeParse({ keyId, newHash, overlapMs })
    if (!rotation.success) return malformed(rotation.error)
    return this.#commitDeath(rotateKey(this.#ledger, rotation.data, Date.now()))
  }

  revokeKey(keyId: string): CommandAnswer {
    return this.#commitDeath(revokeKey(this.#ledger, keyId, Date.now()))
  }

  putBudget(command: BudgetCommand): CommandAnswer {
    const budget = budgetCommand.safeParse(command)
    if (!budget.success) return malformed(budget.error)
    return this.#commit(putBudget(this.#ledger, budgetOf(budget.data), Date.now()))
  }

  removeBudget(budgetId: string): CommandAnswer {
    return this.#commit(removeBudget(this.#ledger, budgetId))
  }

  /**
   * Stores a policy that was checked before, as the next version; with `expectedVersion` (0: none yet) only if nobody
   * stored another one meanwhile.
   */
  putPolicy(json: string, expectedVersion: number | null = null): PolicyAnswer {
    return this.#commit(putPolicy(this.#ledger, { json, expectedVersion }))
  }

  /** Stores what the hourly work has learned from the team's log. */
  putStarting(json: string): void {
    this.#commit({ answer: null, writes: putStarting(this.#ledger, json) })
  }

  /** Decides whether a call may be made, and holds money for it. */
  admit(request: AdmitRequest): AdmitAnswer {
    const answer = this.#commit(admit(this.#ledger, request, Date.now()))
    if (answer.admitted) this.#journalSoon()
    return answer
  }

  /**
   * The same for a call that goes on from an answer. A client may be faster than the settlement of the call before, which
   * tells whose session it is: only then it is waited for.
   */
  async admitNext(request: AdmitRequest): Promise<AdmitAnswer> {
    const awaited = awaitedHeir(this.#ledger, request)
    if (awaited !== null) await this.#heirs.wait(awaited, HEIR_WAIT_MS)
    return this.admit(request)
  }

  identify(asked: IdentifyRequest): IdentifyAnswer {
    return identify(this.#ledger, asked, Date.now())
  }

  /** Holds more for a running call; 0 only tells that it still runs. */
  extend(reservation: Reservation, moreNano: number): ExtendAnswer {
    return this.#commit(extend(this.#ledger, { reservation, moreNano }, Date.now()))
  }

  /** Lowers a hold once the decision is made. */
  trim(reservation: Reservation, toNano: number): ExtendAnswer {
    return this.#commit(trim(this.#ledger, { reservation, toNano }, Date.now()))
  }

  settle(request: SettleRequest): CloseAnswer {
    const { record, reservation } = request
    const now = Date.now()
    const told = healthAfterCall(this.#ledger, { requestId: reservation.requestId, record }, now)
    const answer = this.#commit(settle(this.#ledger, request, now), told)
    if (request.heir !== undefined) this.#heirs.arrived(request.heir.session)
    return answer
  }

  /** For a call that failed before anything was billed; with a record it is logged. */
  release(reservation: Reservation, released: Released = {}): CloseAnswer {
    const now = Date.now()
    const told = healthAfterCall(this.#ledger, { requestId: reservation.requestId, record: null }, now)
    return this.#commit(release(this.#ledger, { reservation, record: null, ...released }, now), told)
  }

  /** How a target fared, told while the call goes on: the next admission knows it. */
  reportHealth(report: HealthReport): void {
    const writes = reportHealth(this.#ledger, report, Date.now())
    if (writes.length > 0) this.#commit({ answer: null, writes })
  }

  usage(): UsageReport {
    return usageReport(this.#ledger, Date.now())
  }

  /** Every budget with its standing. */
  budgetStandings(): BudgetReport[] {
    return budgetReports(this.#ledger, Date.now())
  }

  /** null: the team is not set up. */
  team(): TeamReport | null {
    return teamReport(this.#ledger)
  }

  keys(): KeyReport[] {
    return keyReports(this.#ledger, Date.now())
  }

  /** The newest policy as stored; null: the team has none of its own. */
  policy(): { readonly version: number; readonly json: string } | null {
    return this.#ledger.policy === null ? null : { ...this.#ledger.policy }
  }

  /** Targets and providers that the team's calls leave alone now. */
  cooldowns(): Cooling[] {
    return coolingNow(this.#ledger, Date.now())
  }

  /** What a developer may see with the own key. */
  ownUsage(keyHash: string): OwnUsageAnswer {
    const now = Date.now()
    const who = identify(this.#ledger, { keyHash, policyVersion: null }, now)
    return who.known ? { known: true, usage: ownUsage(this.#ledger, who.key, now) } : who
  }

  /** One alarm for everything: what expired, what is to be sent, what may be forgotten. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null
    this.#write(housekeep(this.#ledger, Date.now()))
    const delivered = await this.#sendOutbox()
    const now = Date.now()
    this.#sendNotBefore = delivered ? 0 : now + this.#backoffMs()
    const wake = nextWake(this.#ledger, now)
    this.#arm(wake === null ? null : Math.max(wake, this.#sendNotBefore))
  }

  /** Sends in order; a row is deleted only after its batch was taken, so a crash in between sends it twice. */
  async #sendOutbox(): Promise<boolean> {
    try {
      for (let batches = 0; batches < BATCHES_PER_ALARM; batches++) {
        const rows = this.#storage.oldestMessages(BATCH)
        if (rows.length === 0) break
        // As the text that its row holds: nothing is parsed only to be written again.
        await this.env.DECISIONS.sendBatch(rows.map(({ body }) => ({ body, contentType: 'text' })))
        this.#write(sent(this.#ledger, rows))
      }
      this.#failedSends = 0
      return true
    } catch (error) {
      this.#failedSends += 1
      const { level, line } = logEntry('outbox_not_sent', { attempt: this.#failedSends, error: String(error) })
      console[level](line)
      return false
    }
  }

  #backoffMs(): number {
    return Math.min(LONGEST_BACKOFF_MS, OUTBOX_DELAY_MS * 2 ** Math.min(this.#failedSends, 16))
  }

  /** @param told rows that are not the step's own, and committed with them */
  #commit<Answer>(
    step: { readonly answer: Answer; readonly writes: readonly LedgerWrite[] },
    told: readonly LedgerWrite[] = [],
  ): Answer {
    this.#write([...told, ...step.writes])
    this.#activeAt = Date.now()
    if (this.#ledger.outboxRows > 0) this.#arm(Math.max(this.#activeAt + OUTBOX_DELAY_MS, this.#sendNotBefore))
    this.#tightenWhenQuiet()
    return step.answer
  }

  /** What a key leaves behind is forgotten by alarm, long after. */
  #commitDeath(step: Command): CommandAnswer {
    const answer = this.#commit(step)
    this.#arm(this.#ledger.nextDeadKey)
    return answer
  }

  /** Memory is ahead of the rows until they are committed; should that fail, the object starts anew from its rows. */
  #write(writes: readonly LedgerWrite[]): void {
    try {
      this.#storage.commit(writes, this.#ledger.epoch)
    } catch (error) {
      this.ctx.abort(`ledger rows could not be written: ${String(error)}`)
      throw error
    }
  }

  #arm(at: number | null): void {
    if (at === null || (this.#alarmAt !== null && this.#alarmAt <= at)) return
    this.#alarmAt = at
    void this.ctx.storage.setAlarm(at)
  }

  #journalSoon(): void {
    if (this.#journalTimer || this.#ledger.unjournalled.size === 0) return
    this.#journalTimer = true
    setTimeout(() => {
      this.#journalTimer = false
      this.#write(journal(this.#ledger))
      this.#arm(nextWake(this.#ledger, Date.now()))
    }, JOURNAL_DELAY_MS)
  }

  #tightenWhenQuiet(): void {
    if (this.#quietTimer || this.#ledger.team === null) return
    this.#quietTimer = true
    const look = (): void => {
      const restMs = this.#activeAt + QUIET_MS - Date.now()
      if (restMs > 0) {
        setTimeout(look, restMs)
        return
      }
      this.#quietTimer = false
      this.#write(exactMarks(this.#ledger))
    }
    setTimeout(look, QUIET_MS)
  }
}
