/** Who administers teams: people by their e-mail address, programs by tokens. */
import { Conditions, type Position } from './conditions.ts'

/** One of the roles that `http/admin/actor.ts` explains; the table checks it. */
export type StoredRole = 'owner' | 'admin' | 'member' | 'auditor'

export interface MemberRow {
  readonly teamId: string
  readonly email: string
  readonly role: StoredRole
  readonly createdAt: number
}

export interface TokenRow {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly role: StoredRole
  readonly email: string | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

const MEMBER = 'team_id AS teamId, email, role, created_at AS createdAt'
const TOKEN = `id, team_id AS teamId, name, role, email, created_at AS createdAt, expires_at AS expiresAt,
  revoked_at AS revokedAt`

/** What a person may do, team by team. */
export async function membershipsOf(db: D1Database, email: string): Promise<MemberRow[]> {
  const { results } = await db.prepare(`SELECT ${MEMBER} FROM members WHERE email = ?1`).bind(email).all<MemberRow>()
  return results
}

export async function listMembers(db: D1Database, teamId: string): Promise<MemberRow[]> {
  const { results } = await db
    .prepare(`SELECT ${MEMBER} FROM members WHERE team_id = ?1 ORDER BY email`)
    .bind(teamId)
    .all<MemberRow>()
  return results
}

export function findMember(db: D1Database, teamId: string, email: string): Promise<MemberRow | null> {
  return db
    .prepare(`SELECT ${MEMBER} FROM members WHERE team_id = ?1 AND email = ?2`)
    .bind(teamId, email)
    .first<MemberRow>()
}

/** Adds a person, or gives them another role. */
export function memberUpsert(db: D1Database, member: MemberRow): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO members (team_id, email, role, created_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (team_id, email) DO UPDATE SET role = excluded.role`,
    )
    .bind(member.teamId, member.email, member.role, member.createdAt)
}

export function memberDelete(db: D1Database, teamId: string, email: string): D1PreparedStatement {
  return db.prepare('DELETE FROM members WHERE team_id = ?1 AND email = ?2').bind(teamId, email)
}

export function tokenInsert(db: D1Database, token: TokenRow, hash: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO admin_tokens (id, team_id, name, role, email, hash, created_at, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    )
    .bind(token.id, token.teamId, token.name, token.role, token.email, hash, token.createdAt, token.expiresAt)
}

/** The token with the hash to compare with, whatever became of it. */
export function findTokenToCheck(db: D1Database, id: string): Promise<(TokenRow & { readonly hash: string }) | null> {
  return db
    .prepare(`SELECT ${TOKEN}, hash FROM admin_tokens WHERE id = ?1`)
    .bind(id)
    .first<TokenRow & { readonly hash: string }>()
}

export function findToken(db: D1Database, teamId: string, id: string): Promise<TokenRow | null> {
  return db
    .prepare(`SELECT ${TOKEN} FROM admin_tokens WHERE team_id = ?1 AND id = ?2`)
    .bind(teamId, id)
    .first<TokenRow>()
}

/** Newest first. */
export async function listTokens(
  db: D1Database,
  page: { readonly teamId: string; readonly cursor: Position | null; readonly limit: number },
): Promise<TokenRow[]> {
  const { where, values } = new Conditions()
    .add('team_id = ?', page.teamId)
    .add('(created_at, id) < (?, ?)', page.cursor?.at, page.cursor?.id)
  const { results } = await db
    .prepare(`SELECT ${TOKEN} FROM admin_tokens ${where} ORDER BY created_at DESC, id DESC LIMIT ?`)
    .bind(...values, page.limit)
    .all<TokenRow>()
  return results
}

export function tokenRevoke(db: D1Database, id: string, at: number): D1PreparedStatement {
  return db.prepare('UPDATE admin_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL').bind(id, at)
}
