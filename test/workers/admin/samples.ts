/** One good request for every route of the admin API, with the objects it is about. A new route needs its sample here. */
import { env } from 'cloudflare:workers'
import { insertDecisions } from '../../../src/store/decisions.ts'
import { done, type TeamOfTest } from './asking.ts'
import { loggedDecision } from '../logged-decision.ts'

export interface Sample {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

let made = 0
const fresh = (): string => `${(made += 1)}`

async function newKey(team: TeamOfTest): Promise<string> {
  const body = { name: `Key ${fresh()}`, owner: team.mia, tags: { project: 'checkout' } }
  return (await done('POST', `/teams/${team.id}/keys`, { body })).id
}

async function newBudget(team: TeamOfTest): Promise<string> {
  const body = { id: `cap-${fresh()}`, scope: 'team', period: 'month', limitUsd: 1000 }
  return (await done('PUT', `/teams/${team.id}/budgets`, { body })).id
}

async function newToken(team: TeamOfTest): Promise<string> {
  return (await done('POST', `/teams/${team.id}/tokens`, { body: { name: `T ${fresh()}`, role: 'auditor' } })).id
}

async function newMember(team: TeamOfTest): Promise<string> {
  const email = `person.${fresh()}@example.com`
  await done('PUT', `/teams/${team.id}/members/${email}`, { body: { role: 'auditor' } })
  return email
}

async function newVersion(team: TeamOfTest): Promise<string> {
  const body = { schema: 1, growth: { measure: 'none' } }
  return String((await done('PUT', `/teams/${team.id}/policy`, { body })).version)
}

async function newDecision(team: TeamOfTest): Promise<string> {
  const id = `req_sample_${fresh()}`
  await insertDecisions(env.DB, [loggedDecision({ id, teamId: team.id, keyId: await newKey(team), at: Date.now() })])
  return id
}

const HOOK = { kind: 'webhook', name: 'Ops', url: 'https://hooks.example.com/every-route?token=in-the-address' }

/** A team may have 20 channels: those of earlier samples make room. */
async function newChannel(team: TeamOfTest): Promise<string> {
  const path = `/teams/${team.id}/alert-channels`
  const { channels } = await done('GET', path)
  if (channels.length > 15) for (const { id } of channels) await done('DELETE', `${path}/${id}`)
  return (await done('POST', path, { body: HOOK })).id
}

const ofChannel = async (team: TeamOfTest): Promise<Sample> => ({ params: { channelId: await newChannel(team) } })

const ofKey = async (team: TeamOfTest): Promise<Sample> => ({ params: { keyId: await newKey(team) } })

/** By the route's name. The team's id is filled in. */
export const SAMPLES: Readonly<Record<string, (team: TeamOfTest) => Sample | Promise<Sample>>> = {
  // Only a gateway without a team can be set up: it has tests of its own.
  'bootstrap run': () => ({ body: { teamName: 'First', keyName: 'First', ownerEmail: 'ada@example.com' } }),
  'me show': () => ({}),
  'teams create': () => ({
    body: { name: 'Payments', contact: '#ai', rateLimits: { requestsPerMinute: 60, concurrentStreams: 4 } },
  }),
  'teams list': () => ({ query: { limit: '5' } }),
  'teams show': () => ({}),
  'teams update': () => ({ body: { name: 'Renamed', contact: '#ai-platform' } }),
  'keys create': ({ mia }) => ({
    body: {
      name: "Mia's laptop",
      owner: mia,
      tags: { project: 'checkout', environment: 'ci' },
      highestTier: 2,
      allowedModels: ['claude-haiku-5-5'],
      policyOverride: { growth: { measure: 'none' } },
      rateLimits: { tokensPerMinute: 100_000 },
      expiresAt: 4_000_000_000_000,
    },
  }),
  'keys list': ({ mia }) => ({ query: { owner: mia, tag: 'project=checkout' } }),
  'keys show': ofKey,
  'keys update': async (team) => ({
    ...(await ofKey(team)),
    body: { name: 'Another name', owner: team.mia, tags: { project: 'search' }, highestTier: 1 },
  }),
  'keys rotate': async (team) => ({ ...(await ofKey(team)), body: { overlapHours: 1 } }),
  'keys revoke': ofKey,
  'budgets set': async (team) => ({
    body: {
      id: `cap-${fresh()}`,
      scope: 'key',
      keyId: await newKey(team),
      period: 'day',
      limitUsd: 2.5,
      thresholds: [0.5],
      onExceed: 'downgrade',
    },
  }),
  'budgets list': () => ({}),
  'budgets remove': async (team) => ({ params: { budgetId: await newBudget(team) } }),
  'policy show': () => ({}),
  'policy set': () => ({ body: { schema: 1, catalog: { exclude: ['openai/gpt-4o'] } } }),
  'policy validate': () => ({ body: { schema: 1, rules: 'literal' } }),
  'policy versions': () => ({ query: { limit: '5' } }),
  'policy version': async (team) => ({ params: { version: await newVersion(team) } }),
  'policy diff': async (team) => ({ query: { from: '0', to: await newVersion(team) } }),
  'policy rollback': async (team) => ({ body: { version: Number(await newVersion(team)) } }),
  'policy dry-run': () => ({ body: { policy: { schema: 1, growth: { measure: 'none' } }, limit: 100 } }),
  'models list': () => ({ query: { all: 'true' } }),
  'providers list': () => ({ query: { hours: '1' } }),
  'usage show': () => ({ query: { by: 'tag:project' } }),
  'decisions list': async (team) => ({
    query: { teamId: team.id, sessionId: 's', taskType: 'docstring', tier: '1', tag: 'project=checkout' },
  }),
  'decisions show': async (team) => ({ params: { decisionId: await newDecision(team) }, query: { teamId: team.id } }),
  'alerts list': ({ id }) => ({ query: { teamId: id, kind: 'budget_threshold', undelivered: 'true' } }),
  'alert-channels create': async (team) => {
    await newChannel(team)
    return { body: { ...HOOK, minSeverity: 'critical' } }
  },
  'alert-channels list': () => ({}),
  'alert-channels show': ofChannel,
  'alert-channels update': async (team) => ({ ...(await ofChannel(team)), body: { name: 'Nights', url: HOOK.url } }),
  'alert-channels rotate': ofChannel,
  'alert-channels test': ofChannel,
  'alert-channels remove': ofChannel,
  'members list': () => ({}),
  'members set': () => ({ params: { email: `person.${fresh()}@example.com` }, body: { role: 'member' } }),
  'members remove': async (team) => ({ params: { email: await newMember(team) } }),
  'tokens create': () => ({ body: { name: 'Terraform', role: 'admin', expiresAt: 4_000_000_000_000 } }),
  'tokens list': () => ({ query: { limit: '5' } }),
  'tokens revoke': async (team) => ({ params: { tokenId: await newToken(team) } }),
  'audit list': ({ id }) => ({ query: { teamId: id, actor: 'operator', action: 'keys create' } }),
}
