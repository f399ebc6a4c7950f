/** Every policy that a team ever had. The newest is the ledger's; this is the history of it. */

export interface PolicyVersion {
  readonly version: number
  readonly at: number
  /** Who stored it, as in the audit log; `unknown` where that was lost. */
  readonly actor: string
}

/** Does nothing where the version is there already. */
export function policyVersionInsert(
  db: D1Database,
  { teamId, json, ...stored }: PolicyVersion & { readonly teamId: string; readonly json: string },
): D1PreparedStatement {
  return db
    .prepare('INSERT OR IGNORE INTO policy_versions (team_id, version, json, at, actor) VALUES (?1, ?2, ?3, ?4, ?5)')
    .bind(teamId, stored.version, json, stored.at, stored.actor)
}

/** Newest first. */
export async function listPolicyVersions(
  db: D1Database,
  page: { readonly teamId: string; readonly before: number | null; readonly limit: number },
): Promise<PolicyVersion[]> {
  const { results } = await db
    .prepare(
      `SELECT version, at, actor FROM policy_versions
       WHERE team_id = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3`,
    )
    .bind(page.teamId, page.before ?? Number.MAX_SAFE_INTEGER, page.limit)
    .all<PolicyVersion>()
  return results
}

/** The policy as JSON text; null: there is no such version. */
export async function findPolicyVersion(
  db: D1Database,
  teamId: string,
  version: number,
): Promise<(PolicyVersion & { readonly json: string }) | null> {
  return db
    .prepare('SELECT version, at, actor, json FROM policy_versions WHERE team_id = ?1 AND version = ?2')
    .bind(teamId, version)
    .first<PolicyVersion & { readonly json: string }>()
}
