import * as z from 'zod'
import { listPolicyVersions } from '../../../store/policy-versions.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { time } from '../fields.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'
import { version } from './policy-schema.ts'

export const showPolicyVersions = defineRoute({
  name: 'policy versions',
  method: 'GET',
  path: '/teams/:teamId/policy/versions',
  summary: 'List the versions of a policy, newest first.',
  allow: READERS,
  query: z.strictObject(pageQuery),
  answer: z.strictObject({
    versions: z.array(z.strictObject({ version, at: time, actor: z.string() })),
    nextCursor,
  }),
  columns: ['version', 'at', 'actor'],
  async handle({ query: { limit, cursor }, team, db }) {
    const before = positionOf(cursor)?.at ?? null
    const versions = await listPolicyVersions(db, { teamId: team.id, before, limit })
    return {
      versions,
      nextCursor: cursorAfter(versions, limit, (one) => ({ at: one.version, id: 'v' })),
    }
  },
})
