/**
 * Makes a change so that the audit log never tells less than happened.
 *
 * What lives in D1 alone is changed in one transaction with its line. Where a team's ledger is the truth, the intent is
 * written first, then the ledger is told, then the directory and the line `done` are written together. A crash in
 * between leaves the intent standing without an end, which the log shows as `unfinished`: nothing changed silently.
 */
import type { CommandAnswer } from '../../core/ledger/ledger-commands.ts'
import { auditInsert, type AuditLine } from '../../store/audit-log.ts'
import { Problem } from '../problem.ts'
import type { Actor } from './actor.ts'

export interface Change {
  /** What it is done to, as in `key_5b0c`. */
  readonly object: string
  /** The team it belongs to; that of the call if absent. */
  readonly teamId?: string | null
  /** Plain data without secrets; null: there was nothing, or is nothing. */
  readonly before: unknown
  readonly after: unknown
  /** Tells the ledger. What it says no to is told to the client, and the directory stays as it is. */
  readonly ledger?: () => Promise<CommandAnswer> | CommandAnswer
  /** Made only once the ledger agreed, of the revision that it then had. */
  readonly directory?: readonly D1PreparedStatement[] | ((revision: number) => readonly D1PreparedStatement[])
  /**
   * The directory refused, which undid all of it: what to throw. A problem is a known refusal and is logged as one; any
   * other error leaves the change unfinished.
   */
  readonly lost?: (error: unknown) => Promise<unknown>
}

/** Results of the directory's statements, in order. */
export type Outcome = readonly D1Result[]

export interface ChangeContext {
  readonly db: D1Database
  readonly actor: Actor
  /** The route's name. */
  readonly action: string
  readonly teamId: string | null
  readonly requestId: string
  readonly now: () => number
  readonly newId: () => string
}

/**
 * @throws Problem 409 with the ledger's words where it refuses
 * @throws Error where the outcome is not known
 */
export async function recordChange(change: Change, context: ChangeContext): Promise<Outcome> {
  const { db, now, newId } = context
  const changeId = newId()
  const line = (phase: AuditLine['phase'], more: Partial<AuditLine> = {}): D1PreparedStatement =>
    auditInsert(db, {
      id: `audit_${newId()}`,
      changeId,
      phase,
      at: now(),
      teamId: change.teamId === undefined ? context.teamId : change.teamId,
      actor: context.actor.id,
      actorName: context.actor.name,
      action: context.action,
      object: change.object,
      before: change.before,
      after: change.after,
      requestId: context.requestId,
      ...more,
    })
  let revision = 0
  if (change.ledger !== undefined) {
    await line('begun').run()
    const answer = await change.ledger()
    if (!answer.done) {
      await line('refused', { after: { problem: answer.problem } }).run()
      throw new Problem(409, 'Refused', answer.problem)
    }
    revision = answer.revision ?? 0
  }
  try {
    const { directory = [] } = change
    const statements = typeof directory === 'function' ? directory(revision) : directory
    const results = await db.batch([...statements, line('done')])
    return results.slice(0, -1)
  } catch (error) {
    const told = change.lost === undefined ? error : await change.lost(error)
    if (told instanceof Problem) await line('refused', { after: { problem: told.message } }).run()
    throw told
  }
}
