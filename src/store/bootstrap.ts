/** The one row that decides which request set a fresh gateway up. */

export async function isSetUp(db: D1Database): Promise<boolean> {
  const row = await db
    .prepare('SELECT EXISTS (SELECT 1 FROM bootstrap) OR EXISTS (SELECT 1 FROM teams) AS done')
    .first()
  return row?.['done'] === 1
}

/** Fails, and with it its whole batch, where the gateway was set up before or has a team. */
export function bootstrapInsert(db: D1Database, teamId: string, at: number): D1PreparedStatement {
  return db
    .prepare(
      // The table takes no row but the first: 0 breaks its check.
      'INSERT INTO bootstrap (id, team_id, at) VALUES (iif(EXISTS (SELECT 1 FROM teams), 0, 1), ?1, ?2)',
    )
    .bind(teamId, at)
}
