/**
 * Teams and keys as people list them. Whether a key is valid and what it may spend, the team's ledger knows; this is
 * the index to find them by.
 */
export interface TeamRow {
  readonly id: string
  readonly name: string
  readonly createdAt: number
}

export interface KeyRow {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly prefix: string
  readonly createdAt: number
  readonly revokedAt: number | null
}

export async function insertTeam(db: D1Database, team: TeamRow): Promise<void> {
  await db
    .prepare('INSERT INTO teams (id, name, created_at) VALUES (?1, ?2, ?3)')
    .bind(team.id, team.name, team.createdAt)
    .run()
}

export async function findTeam(db: D1Database, id: string): Promise<TeamRow | null> {
  return db.prepare('SELECT id, name, created_at AS createdAt FROM teams WHERE id = ?1').bind(id).first<TeamRow>()
}

export async function insertKey(db: D1Database, key: KeyRow): Promise<void> {
  await db
    .prepare('INSERT INTO api_keys (id, team_id, name, prefix, created_at) VALUES (?1, ?2, ?3, ?4, ?5)')
    .bind(key.id, key.teamId, key.name, key.prefix, key.createdAt)
    .run()
}

export async function listKeys(db: D1Database, teamId: string): Promise<KeyRow[]> {
  const { results } = await db
    .prepare(
      `SELECT id, team_id AS teamId, name, prefix, created_at AS createdAt, revoked_at AS revokedAt
       FROM api_keys WHERE team_id = ?1 ORDER BY created_at DESC`,
    )
    .bind(teamId)
    .all<KeyRow>()
  return results
}

export async function findKey(db: D1Database, teamId: string, id: string): Promise<KeyRow | null> {
  return db
    .prepare(
      `SELECT id, team_id AS teamId, name, prefix, created_at AS createdAt, revoked_at AS revokedAt
       FROM api_keys WHERE team_id = ?1 AND id = ?2`,
    )
    .bind(teamId, id)
    .first<KeyRow>()
}

export async function markKeyRevoked(db: D1Database, id: string, at: number): Promise<void> {
  await db.prepare('UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL').bind(id, at).run()
}
