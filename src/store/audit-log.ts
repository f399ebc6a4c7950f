/** The audit log: added to, read, and never changed; triggers in the database see to the last. */
import { Conditions, type Position } from './conditions.ts'

/** `unfinished`: it broke off between ledger and log, so only the ledger knows whether it was made. */
export type AuditOutcome = 'done' | 'refused' | 'unfinished'

export interface AuditLine {
  readonly id: string
  /** Shared by the lines of one change. */
  readonly changeId: string
  readonly phase: 'begun' | 'done' | 'refused'
  readonly at: number
  readonly teamId: string | null
  readonly actor: string
  readonly actorName: string
  readonly action: string
  readonly object: string
  /** Plain data; null: there was nothing. */
  readonly before: unknown
  readonly after: unknown
  readonly requestId: string
}

export interface AuditRow extends Omit<AuditLine, 'phase' | 'changeId'> {
  readonly outcome: AuditOutcome
}

export function auditInsert(db: D1Database, line: AuditLine): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit_log (id, change_id, phase, at, team_id, actor, actor_name, action, object, before, after, request_id)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
    )
    .bind(
      line.id,
      line.changeId,
      line.phase,
      line.at,
      line.teamId,
      line.actor,
      line.actorName,
      line.action,
      line.object,
      json(line.before),
      json(line.after),
      line.requestId,
    )
}

export interface AuditFilter {
  /** null: all teams. */
  readonly teamId: string | null
  readonly actor: string | null
  readonly action: string | null
  readonly object: string | null
  readonly from: number | null
  readonly to: number | null
  readonly cursor: Position | null
  readonly limit: number
}

/** Newest first. A change is one row: its end, or its beginning where no end was written. */
export async function listAudit(db: D1DatabaseSession | D1Database, filter: AuditFilter): Promise<AuditRow[]> {
  const { where, values } = new Conditions()
    .add('team_id = ?', filter.teamId)
    .add('actor = ?', filter.actor)
    .add('action = ?', filter.action)
    .add('object = ?', filter.object)
    .add('at >= ?', filter.from)
    .add('at < ?', filter.to)
    .add('(at, id) < (?, ?)', filter.cursor?.at, filter.cursor?.id)
    .add(
      `phase <> 'begun' OR NOT EXISTS
        (SELECT 1 FROM audit_log AS ended WHERE ended.change_id = line.change_id AND ended.phase <> 'begun')`,
    )
  const { results } = await db
    .prepare(
      `SELECT id, at, team_id AS teamId, actor, actor_name AS actorName, action, object, before, after,
         request_id AS requestId, iif(phase = 'begun', 'unfinished', phase) AS outcome
       FROM audit_log AS line ${where} ORDER BY at DESC, id DESC LIMIT ?`,
    )
    .bind(...values, filter.limit)
    .all<Omit<AuditRow, 'before' | 'after'> & { before: string | null; after: string | null }>()
  return results.map((row) => ({ ...row, before: parsed(row.before), after: parsed(row.after) }))
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

function parsed(text: string | null): unknown {
  return text === null ? null : (JSON.parse(text) as unknown)
}
