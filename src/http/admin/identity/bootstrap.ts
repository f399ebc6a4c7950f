import * as z from 'zod'
import { NO_RATE_LIMITS } from '../../../core/ledger/rate-limits.ts'
import { newTeamId } from '../../../security/api-key.ts'
import { bootstrapInsert, isSetUp } from '../../../store/bootstrap.ts'
import { keyInsert, teamInsert } from '../../../store/directory.ts'
import { memberUpsert, tokenInsert } from '../../../store/people.ts'
import { Problem } from '../../problem.ts'
import { OPERATOR } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { email, name } from '../fields.ts'
import { issuedKey, PREFIX_CHARS } from '../keys/key-schema.ts'
import { team } from '../teams/team-schema.ts'
import { token } from '../tokens/token-schema.ts'

export const bootstrap = defineRoute({
  name: 'bootstrap run',
  method: 'POST',
  path: '/bootstrap',
  summary: 'Set up a fresh gateway: its first team, an owner token and a key, shown once.',
  description:
    'Sign in with `BOOTSTRAP_TOKEN`. It works exactly once, and only as long as there is no team; after that the token ' +
    'is worth nothing.',
  signIn: 'bootstrap',
  allow: OPERATOR,
  body: z.strictObject({
    teamName: name.default('My team'),
    keyName: name.default('First key'),
    ownerEmail: email
      .optional()
      .meta({ description: 'Becomes owner of the team, signing in through Cloudflare Access.' }),
  }),
  status: 201,
  answer: z.strictObject({
    team,
    ownerToken: token,
    token: z.string().nullable().meta({ description: "The owner's token itself; null in an answer that is repeated." }),
    firstKey: issuedKey.omit({ key: true }),
    key: z.string().nullable().meta({ description: 'The key itself; null in an answer that is repeated.' }),
  }),
  secrets: ['token', 'key'],
  done: 'The gateway is set up. For the commands that follow: export HEADGATE_ADMIN_TOKEN={token} HEADGATE_TEAM={team.id}',
  async handle({ body, composition, db, at, change }) {
    if (await isSetUp(db)) throw alreadySetUp()
    const teamId = newTeamId()
    const [key, owner] = await Promise.all([composition.keys.issue(teamId), composition.keys.issueAdminToken()])
    const made = { id: teamId, name: body.teamName, contact: null, rateLimits: NO_RATE_LIMITS, createdAt: at }
    const firstKey = {
      id: `key_${composition.newId()}`,
      teamId,
      name: body.keyName,
      owner: body.ownerEmail ?? null,
      tags: {},
      prefix: key.key.slice(0, PREFIX_CHARS),
      highestTier: 3 as const,
      allowedModels: null,
      policyOverride: null,
      rateLimits: NO_RATE_LIMITS,
      createdAt: at,
      expiresAt: null,
      revokedAt: null,
    }
    const ownerToken = {
      id: owner.tokenId,
      teamId,
      name: 'First owner',
      role: 'owner' as const,
      email: null,
      createdAt: at,
      expiresAt: null,
      revokedAt: null,
    }
    const ledger = composition.ledger(teamId)
    const { id: keyId, name: keyName, owner: keyOwner } = firstKey
    await change({
      object: teamId,
      teamId,
      before: null,
      after: { team: made, firstKey, ownerToken },
      ledger: async () => {
        const answer = await ledger.configureTeam({ teamId, name: made.name })
        return answer.done ? ledger.putKey({ keyId, name: keyName, owner: keyOwner, keyHash: key.keyHash }) : answer
      },
      directory: [
        // First, so that of two requests the later one changes nothing at all.
        bootstrapInsert(db, teamId, at),
        teamInsert(db, made),
        keyInsert(db, firstKey),
        tokenInsert(db, ownerToken, owner.hash),
        ...(body.ownerEmail === undefined
          ? []
          : [memberUpsert(db, { teamId, email: body.ownerEmail, role: 'owner', createdAt: at })]),
      ],
      // The team of the request that lost is a ledger nobody was told of: its key is in no list and in nobody's hands.
      lost: async (error) => ((await isSetUp(db)) ? alreadySetUp() : error),
    })
    return { team: made, ownerToken, token: owner.token, firstKey, key: key.key }
  },
})

function alreadySetUp(): Problem {
  return new Problem(409, 'Already set up', 'This gateway has been set up; ask an owner for a token.')
}
