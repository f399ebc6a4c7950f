/** The admin API and the Worker's own answers, through its fetch. */
import { applyD1Migrations, createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import worker from '../../src/index.ts'

const TOKEN = 'admin-token-of-the-tests'

beforeAll(async () => {
  await applyD1Migrations(
    env.DB,
    (env as unknown as { TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1] }).TEST_MIGRATIONS,
  )
})

async function ask(
  method: string,
  path: string,
  { body, token = TOKEN }: { body?: unknown; token?: string | null } = {},
) {
  const headers = {
    'content-type': 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const context = createExecutionContext()
  const request = new Request(`https://gateway.test${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: text }),
  })
  const answer = await worker.fetch(request as never, env, context)
  const answered = await answer.text()
  await waitOnExecutionContext(context)
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: answered,
    json: () => JSON.parse(answered) as Record<string, unknown>,
  }
}

async function newTeam(): Promise<string> {
  return String((await ask('POST', '/admin/v1/teams', { body: { name: 'Team' } })).json()['id'])
}

const ROUTES: [method: string, path: string, body: unknown][] = [
  ['POST', '/admin/v1/teams', { name: 'x' }],
  ['POST', '/admin/v1/teams/TEAM/keys', { name: 'x' }],
  ['GET', '/admin/v1/teams/TEAM/keys', undefined],
  ['DELETE', '/admin/v1/teams/TEAM/keys/key_1', undefined],
  ['PUT', '/admin/v1/teams/TEAM/budgets', { scope: 'team', period: 'month', limitUsd: 1 }],
  ['PUT', '/admin/v1/teams/TEAM/policy', { schema: 1 }],
  ['GET', '/admin/v1/decisions', undefined],
]

describe('every admin route', () => {
  it.each(ROUTES)('%s %s wants the admin token', async (method, path, body) => {
    for (const token of [null, '', 'wrong', `${TOKEN}x`, TOKEN.slice(0, -1)]) {
      const answer = await ask(method, path, { body, token })
      expect(answer.status).toBe(401)
      expect(answer.type).toBe('application/problem+json')
      expect(answer.text).not.toContain(TOKEN)
    }
  })

  it.each(ROUTES.filter(([, path]) => path.includes('TEAM')))(
    '%s %s knows only teams that exist',
    async (method, path, body) => {
      for (const team of ['0000000000000000', "' OR 1=1 --", '%00']) {
        expect((await ask(method, path.replace('TEAM', encodeURIComponent(team)), { body })).status).toBe(404)
      }
    },
  )
})

describe('teams and keys', () => {
  it('are made, listed without the key itself, and revoked', async () => {
    const team = await newTeam()
    const made = (await ask('POST', `/admin/v1/teams/${team}/keys`, { body: { name: "Ada's laptop" } })).json()
    expect(made).toMatchObject({ teamId: team, name: "Ada's laptop" })
    expect(made['key']).toMatch(new RegExp(`^hg_${team}`))

    const listed = await ask('GET', `/admin/v1/teams/${team}/keys`)
    expect(listed.json()).toMatchObject({ keys: [{ id: made['id'], name: "Ada's laptop", revokedAt: null }] })
    expect(listed.text).not.toContain(String(made['key']).slice(20))

    const models = () => worker.fetch(modelsRequest(String(made['key'])), env, createExecutionContext())
    expect((await models()).status).toBe(200)
    expect((await ask('DELETE', `/admin/v1/teams/${team}/keys/${String(made['id'])}`)).status).toBe(204)
    const refused = await models()
    expect(refused.status).toBe(401)
    expect(await refused.text()).toContain('revoked')
  })

  it("of one team are not another's", async () => {
    const [one, other] = [await newTeam(), await newTeam()]
    const key = (await ask('POST', `/admin/v1/teams/${one}/keys`, { body: { name: 'x' } })).json()
    expect((await ask('DELETE', `/admin/v1/teams/${other}/keys/${String(key['id'])}`)).status).toBe(404)
    const budget = { scope: 'key', keyId: key['id'], period: 'month', limitUsd: 1 }
    expect((await ask('PUT', `/admin/v1/teams/${other}/budgets`, { body: budget })).status).toBe(404)
  })
})

function modelsRequest(key: string) {
  return new Request('https://gateway.test/v1/models', { headers: { 'x-api-key': key } }) as never
}

describe('bad input', () => {
  it.each([
    ['POST', '/admin/v1/teams', '{"name":'],
    ['POST', '/admin/v1/teams', {}],
    ['POST', '/admin/v1/teams', { name: '' }],
    ['POST', '/admin/v1/teams', { name: 'x', more: 1 }],
    ['POST', '/admin/v1/teams/TEAM/keys', { name: 'x', highestTier: 4 }],
    ['PUT', '/admin/v1/teams/TEAM/budgets', { scope: 'team', period: 'month', limitUsd: -1 }],
    ['PUT', '/admin/v1/teams/TEAM/budgets', { scope: 'team', period: 'fortnight', limitUsd: 1 }],
    ['PUT', '/admin/v1/teams/TEAM/budgets', { scope: 'key', period: 'month', limitUsd: 1 }],
    ['PUT', '/admin/v1/teams/TEAM/policy', { schema: 1, growth: { tier2At: 9, tier3At: 8 } }],
    ['PUT', '/admin/v1/teams/TEAM/policy', { schema: 1, catalog: { tiers: { '1': ['nobody/nothing'] } } }],
    ['PUT', '/admin/v1/teams/TEAM/policy', { schema: 1, unknown: true }],
    ['GET', '/admin/v1/decisions?limit=0', undefined],
    ['GET', '/admin/v1/decisions?cursor=x', undefined],
  ] as const)('%s %s with %j is refused and says where', async (method, path, body) => {
    const answer = await ask(method, path.replace('TEAM', await newTeam()), { body })
    expect(answer.status).toBe(400)
    expect(answer.type).toBe('application/problem+json')
    expect(String(answer.json()['detail']).length).toBeGreaterThan(10)
  })

  it('meets no route by accident', async () => {
    expect((await ask('GET', '/admin/v1/nothing')).status).toBe(404)
    expect((await ask('GET', '/admin/v1/nothing', { token: null })).status).toBe(401)
  })
})
