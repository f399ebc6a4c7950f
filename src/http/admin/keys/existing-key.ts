/** The key a route names, or a problem: one of another team, or of another person, does not exist. */
import { findKey, type KeyRow } from '../../../store/directory.ts'
import { Problem } from '../../problem.ts'

export async function existingKey(
  db: D1Database,
  asked: { readonly teamId: string; readonly keyId: string; readonly owner?: string | null },
): Promise<KeyRow> {
  const found = await findKey(db, { teamId: asked.teamId, id: asked.keyId, owner: asked.owner ?? null })
  if (found === null) throw new Problem(404, 'Not found', 'This team has no such key.')
  return found
}
