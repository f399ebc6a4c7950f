/** What the admin API does, through the Worker's fetch. */
import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import worker from '../../../src/index.ts'
import { insertDecisions } from '../../../src/store/decisions.ts'
import { keyUpdate, teamUpdate } from '../../../src/store/directory.ts'
import { loggedDecision } from '../logged-decision.ts'
import { ask, done, migrate, newTeam, OPERATOR_TOKEN, type Asking, type TeamOfTest } from './asking.ts'

type Bindings = typeof env

/** The test's bindings with other settings. */
function withSettings(settings: Readonly<Record<string, unknown>>): Bindings {
  return { ...env, ...settings } as Bindings
}

const admin = (method: string, path: string, asking: Asking = {}) => ask(method, `/admin/v1${path}`, asking)
/** As a developer's client does. */
const client = (path: string, key: string) => ask('GET', path, { token: null, headers: { 'x-api-key': key } })

beforeAll(migrate)
afterEach(() => void vi.restoreAllMocks())

describe('setting up a fresh gateway', () => {
  const token = 'one-time-token-of-the-tests'
  const fresh = withSettings({ BOOTSTRAP_TOKEN: token })
  const setUp = (asking: Asking = {}) => admin('POST', '/bootstrap', { env: fresh, token, body: {}, ...asking })

  it('takes the one-time token only, and none where none is set', async () => {
    for (const wrong of [null, 'wrong', `${token}x`, OPERATOR_TOKEN]) {
      expect((await setUp({ token: wrong })).status).toBe(401)
    }
    expect((await setUp({ env })).status).toBe(401)
    expect((await done('GET', '/teams')).teams).toEqual([])
  })

  it('works exactly once, however many try at once', async () => {
    const body = { teamName: 'First', ownerEmail: 'Ada@Example.com' }
    const answers = await Promise.all(Array.from({ length: 12 }, () => setUp({ body })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 11 }, () => 409)])
    const made = answers.find(({ status }) => status === 201)?.json()

    const { teams } = await done('GET', '/teams')
    expect(teams).toMatchObject([{ id: made.team.id, name: 'First' }])
    expect((await client('/v1/models', made.key)).status).toBe(200)
    expect(await done('GET', '/me', { token: made.token })).toMatchObject({
      teams: [{ teamId: made.team.id, role: 'owner' }],
    })
    expect((await done('GET', `/teams/${made.team.id}/members`)).members).toMatchObject([
      { email: 'ada@example.com', role: 'owner' },
    ])
    const { entries } = await done('GET', '/audit?action=bootstrap+run')
    expect(entries.filter(({ outcome }: { outcome: string }) => outcome === 'done')).toHaveLength(1)
    expect(entries.filter(({ outcome }: { outcome: string }) => outcome === 'unfinished')).toEqual([])
  })

  it('is over for good after that', async () => {
    expect((await setUp()).status).toBe(409)
    expect((await setUp()).json()['detail']).toContain('set up')
  })
})

describe('teams and keys', () => {
  it('are made, listed without the key itself, and revoked', async () => {
    const { id: team } = await newTeam()
    const made = await done('POST', `/teams/${team}/keys`, { body: { name: "Ada's laptop" } })
    expect(made).toMatchObject({ teamId: team, name: "Ada's laptop", highestTier: 3, tags: {} })
    expect(made.key).toMatch(new RegExp(`^hg_${team}`))

    const listed = await admin('GET', `/teams/${team}/keys`)
    expect(listed.json()).toMatchObject({ keys: [{ id: made.id, name: "Ada's laptop", revokedAt: null }] })
    expect(listed.text).not.toContain(made.key.slice(20))

    expect((await client('/v1/models', made.key)).status).toBe(200)
    expect(await done('DELETE', `/teams/${team}/keys/${made.id}`)).toMatchObject({
      id: made.id,
      revokedAt: expect.any(Number),
    })
    const refused = await client('/v1/models', made.key)
    expect(refused.status).toBe(401)
    expect(refused.text).toContain('revoked')
  })

  it('keep what a change leaves out, and lose what it sets to null', async () => {
    const { id: team } = await newTeam()
    const body = { name: 'one', owner: 'Ada@Example.com', tags: { project: 'a' }, highestTier: 2, expiresAt: 4e12 }
    const made = await done('POST', `/teams/${team}/keys`, { body })
    const changed = await done('PATCH', `/teams/${team}/keys/${made.id}`, { body: { name: 'two', expiresAt: null } })
    const expected = { name: 'two', owner: 'ada@example.com', tags: { project: 'a' }, highestTier: 2, expiresAt: null }
    expect(changed).toMatchObject(expected)
    expect(await done('GET', `/teams/${team}/keys/${made.id}`)).toMatchObject(expected)
    expect(await env.LEDGERS.getByName(team).keys()).toMatchObject([expected])

    await done('PATCH', `/teams/${team}`, { body: { contact: '#ai', rateLimits: { requestsPerMinute: 9 } } })
    expect(await env.LEDGERS.getByName(team).team()).toMatchObject({
      contact: '#ai',
      rateLimits: { requestsPerMinute: 9, tokensPerMinute: null },
    })
  })

  it('that expire are refused from then on', async () => {
    const { id: team } = await newTeam()
    const made = await done('POST', `/teams/${team}/keys`, { body: { name: 'x', expiresAt: Date.now() + 500 } })
    await expect.poll(async () => (await client('/v1/models', made.key)).text).toContain('expired')
    const renamed = { name: 'y', expiresAt: made.expiresAt }
    expect(await done('PATCH', `/teams/${team}/keys/${made.id}`, { body: renamed })).toMatchObject(renamed)
  })

  it('and tokens are not made to have expired already', async () => {
    const { id: team } = await newTeam()
    const { id } = await done('POST', `/teams/${team}/keys`, { body: { name: 'x' } })
    const now = Date.now()
    for (const expiresAt of [0, Math.round(now / 1000), now - 1]) {
      const refusals = await Promise.all([
        admin('POST', `/teams/${team}/keys`, { body: { name: 'x', expiresAt } }),
        admin('PATCH', `/teams/${team}/keys/${id}`, { body: { expiresAt } }),
        admin('POST', `/teams/${team}/tokens`, { body: { name: 'x', role: 'admin', expiresAt } }),
      ])
      const told = { path: 'expiresAt', message: expect.stringContaining('is over') }
      for (const { status, json } of refusals) expect([status, json().errors]).toEqual([400, [told]])
    }
    expect((await done('GET', `/teams/${team}/keys`)).keys).toMatchObject([{ id, expiresAt: null }])
  })

  it('and their team keep every change where several are made at once', async () => {
    const { id: team } = await newTeam()
    const { id } = await done('POST', `/teams/${team}/keys`, { body: { name: 'busy' } })
    const path = `/teams/${team}/keys/${id}`
    const changes = [{ owner: 'ada@example.com' }, { expiresAt: 4e12 }, { tags: { project: 'x' } }, { highestTier: 2 }]
    const [rotated] = await Promise.all([
      done('POST', `${path}/rotate`, { body: {} }),
      ...changes.map((body) => done('PATCH', path, { body })),
    ])
    const kept = Object.assign({ name: 'busy', prefix: rotated.prefix }, ...changes)
    expect(await done('GET', path)).toMatchObject(kept)
    await done('PATCH', path, { body: { owner: null, allowedModels: null } })
    expect(await done('GET', path)).toMatchObject({ ...kept, owner: null })

    const ofTeam = [{ name: 'New' }, { contact: '#ai' }, { rateLimits: { requestsPerMinute: 7 } }]
    await Promise.all(ofTeam.map((body) => done('PATCH', `/teams/${team}`, { body })))
    const whole = Object.assign({}, ...ofTeam)
    expect(await done('GET', `/teams/${team}`)).toMatchObject(whole)
    expect(await env.LEDGERS.getByName(team).team()).toMatchObject(whole)
  })

  it('and their team are the same in ledger and directory where one field is changed many times at once', async () => {
    const { id: team } = await newTeam()
    const { id } = await done('POST', `/teams/${team}/keys`, { body: { name: 'busy' } })
    const names = Array.from({ length: 12 }, (_, index) => `name ${index}`)
    const path = `/teams/${team}/keys/${id}`
    await Promise.all(names.map((name) => done('PATCH', path, { body: { name, owner: `${name}@example.com` } })))
    await Promise.all(names.map((name) => done('PATCH', `/teams/${team}`, { body: { name } })))
    const ledger = env.LEDGERS.getByName(team)
    const [key] = await ledger.keys()
    expect(await done('GET', path)).toMatchObject({ name: key?.name, owner: key?.owner })
    expect(await done('GET', `/teams/${team}`)).toMatchObject({ name: (await ledger.team())?.name })
  })

  it('keep the later of two changes of a field that reach the directory in the other order', async () => {
    const { id: team } = await newTeam()
    const { id } = await done('POST', `/teams/${team}/keys`, { body: { name: 'first', owner: 'ada@example.com' } })
    await keyUpdate(env.DB, { id, revision: 2 }, { name: 'later', expiresAt: 4e12 }).run()
    await keyUpdate(env.DB, { id, revision: 1 }, { name: 'earlier', owner: null, expiresAt: null }).run()
    const row = await done('GET', `/teams/${team}/keys/${id}`)
    expect(row).toMatchObject({ name: 'later', owner: null, expiresAt: 4e12 })
    await teamUpdate(env.DB, { id: team, revision: 5 }, { contact: 'later' }).run()
    await teamUpdate(env.DB, { id: team, revision: 4 }, { contact: null, name: 'earlier' }).run()
    expect(await done('GET', `/teams/${team}`)).toMatchObject({ contact: 'later', name: 'earlier' })
  })

  it('are rotated with an overlap, or without', async () => {
    const { id: team } = await newTeam()
    const first = await done('POST', `/teams/${team}/keys`, { body: { name: 'x' } })
    const second = await done('POST', `/teams/${team}/keys/${first.id}/rotate`, { body: { overlapHours: 1 } })
    expect(second.id).toBe(first.id)
    expect(second.key).not.toBe(first.key)
    expect(second.previousValidUntil - Date.now()).toBeGreaterThan(3_500_000)
    expect((await client('/v1/models', first.key)).status).toBe(200)
    const third = await done('POST', `/teams/${team}/keys/${first.id}/rotate`, { body: { overlapHours: 0 } })
    expect((await client('/v1/models', second.key)).status).toBe(401)
    expect((await client('/v1/models', third.key)).status).toBe(200)
  })

  it('with a policy of their own need one that fits the policy of the team', async () => {
    const { id: team } = await newTeam()
    const body = { name: 'x', policyOverride: { growth: { tier2At: 9, tier3At: 8 } } }
    const refused = await admin('POST', `/teams/${team}/keys`, { body })
    expect(refused.status).toBe(400)
    expect(refused.json().errors).toMatchObject([{ path: 'policyOverride.growth.tier2At' }])
  })

  it('are listed a page at a time, each once', async () => {
    const { id: team } = await newTeam()
    for (let key = 0; key < 5; key += 1) await done('POST', `/teams/${team}/keys`, { body: { name: `${key}` } })
    const seen: string[] = []
    for (let cursor = ''; ;) {
      const page = await done('GET', `/teams/${team}/keys?limit=2${cursor}`)
      seen.push(...page.keys.map(({ name }: { name: string }) => name))
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(seen.toSorted()).toEqual(['0', '1', '2', '3', '4'])
  })
})

describe('a member', () => {
  it("sees what belongs to their own keys, and nothing of others'", async () => {
    const team = await newTeam()
    const { mia, tokens } = team
    const own = await done('POST', `/teams/${team.id}/keys`, { body: { name: 'own', owner: mia } })
    const others = await done('POST', `/teams/${team.id}/keys`, { body: { name: 'other', owner: 'x@example.com' } })
    for (const keyId of [own.id, others.id]) {
      await done('PUT', `/teams/${team.id}/budgets`, { body: { scope: 'key', keyId, period: 'day', limitUsd: 1 } })
      const call = { id: `req_${keyId}`, teamId: team.id, keyId, at: Date.now() - 1000, costNano: 7 }
      await insertDecisions(env.DB, [loggedDecision(call)])
    }
    await done('PUT', `/teams/${team.id}/budgets`, { body: { scope: 'team', period: 'day', limitUsd: 1 } })

    const as = { token: tokens.member }
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id)
    expect(ids((await done('GET', `/teams/${team.id}/keys`, as)).keys)).toEqual([own.id])
    expect(ids((await done('GET', `/teams/${team.id}/keys?owner=x@example.com`, as)).keys)).toEqual([own.id])
    expect((await admin('GET', `/teams/${team.id}/keys/${others.id}`, as)).status).toBe(404)
    expect((await done('GET', `/teams/${team.id}/budgets`, as)).budgets).toMatchObject([{ keyId: own.id }])
    expect(ids((await done('GET', '/decisions', as)).decisions)).toEqual([`req_${own.id}`])
    expect((await admin('GET', `/decisions/req_${others.id}`, as)).status).toBe(404)
    const usage = await done('GET', `/teams/${team.id}/usage?by=key`, as)
    expect(usage.groups).toMatchObject([{ group: own.id, calls: 1, costNano: 7 }])
  })
})

describe('a token', () => {
  it('is worth nothing once it is revoked, has expired, or its team is another', async () => {
    const { id: team } = await newTeam()
    const make = async (more: object) =>
      done('POST', `/teams/${team}/tokens`, { body: { name: 't', role: 'admin', ...more } })
    const [kept, expired] = [await make({}), await make({ expiresAt: Date.now() + 300 })]
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect((await admin('GET', `/teams/${team}`, { token: kept.token })).status).toBe(200)
    expect((await admin('GET', `/teams/${team}`, { token: expired.token })).status).toBe(401)
    await done('DELETE', `/teams/${team}/tokens/${kept.id}`)
    expect((await admin('GET', `/teams/${team}`, { token: kept.token })).status).toBe(401)
    expect((await admin('GET', `/teams/${team}/tokens`)).text).not.toContain(kept.token.slice(20))
  })

  it('of the role member is for a person, and of no other role', async () => {
    const { id: team } = await newTeam()
    const make = (body: object) => admin('POST', `/teams/${team}/tokens`, { body: { name: 't', ...body } })
    expect((await make({ role: 'member' })).status).toBe(400)
    expect((await make({ role: 'admin', email: 'ada@example.com' })).status).toBe(400)
  })

  it('whose hash was changed in the database is refused', async () => {
    const team = await newTeam()
    await env.DB.prepare(`UPDATE admin_tokens SET hash = replace(hash, substr(hash, 1, 4), 'ffff') WHERE team_id = ?1`)
      .bind(team.id)
      .run()
    expect((await admin('GET', '/me', { token: team.tokens.owner })).status).toBe(401)
  })
})

describe('people signed in through Cloudflare Access', () => {
  const domain = 'https://example.cloudflareaccess.com'
  const audience = 'audience-of-the-tests'
  const settings = withSettings({ ACCESS_TEAM_DOMAIN: 'example.cloudflareaccess.com', ACCESS_AUD: audience })
  let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }
  let strangers: typeof keys

  beforeAll(async () => {
    ;[keys, strangers] = await Promise.all([
      generateKeyPair('RS256', { extractable: true }),
      generateKeyPair('RS256', { extractable: true }),
    ])
  })

  /** Access's certificates, in the place of the net. */
  async function stubCertificates(): Promise<() => number> {
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input) => {
      expect(String(input instanceof Request ? input.url : input)).toBe(`${domain}/cdn-cgi/access/certs`)
      return Promise.resolve(Response.json({ keys: [jwk] }))
    })
    return () => spy.mock.calls.length
  }

  function assertion(claims: JWTPayload = {}, { key = keys.privateKey, alg = 'RS256' } = {}): Promise<string> {
    return new SignJWT({ email: 'Owner@Example.com', ...claims })
      .setProtectedHeader({ alg, kid: 'k1' })
      .setIssuedAt(claims.iat ?? Math.floor(Date.now() / 1000))
      .setIssuer(claims.iss ?? domain)
      .setAudience(claims.aud ?? audience)
      .setExpirationTime(claims.exp ?? '5m')
      .sign(key)
  }

  const by = (jwt: string): Asking => ({ env: settings, token: null, headers: { 'cf-access-jwt-assertion': jwt } })

  async function teamWithOwner(): Promise<TeamOfTest> {
    const team = await newTeam()
    await done('PUT', `/teams/${team.id}/members/owner@example.com`, { body: { role: 'owner' } })
    return team
  }

  it('are known by a signed assertion; the keys are asked for once', async () => {
    const team = await teamWithOwner()
    const asked = await stubCertificates()
    const jwt = await assertion()
    for (let time = 0; time < 3; time += 1) {
      const me = await admin('GET', '/me', by(jwt))
      expect(me.status).toBe(200)
      expect(me.json()).toMatchObject({ id: 'person:owner@example.com', operator: false })
      expect(me.json().teams).toContainEqual({ teamId: team.id, role: 'owner' })
    }
    expect(asked()).toBe(1)
    const { entries } = await done('GET', `/audit?teamId=${team.id}&actor=person:owner@example.com`)
    expect(entries).toEqual([])
    await done('PATCH', `/teams/${team.id}`, { ...by(jwt), body: { name: 'By Ada' } })
    const after = await done('GET', `/audit?teamId=${team.id}&actor=person:owner@example.com`)
    expect(after.entries).toMatchObject([{ action: 'teams update', outcome: 'done' }])
  })

  it('are nobody by an assertion that is not signed for this gateway', async () => {
    await teamWithOwner()
    await stubCertificates()
    const now = Math.floor(Date.now() / 1000)
    const wrong = [
      await assertion({ aud: 'another application' }),
      await assertion({ iss: 'https://evil.cloudflareaccess.com' }),
      await assertion({ iat: now - 900, exp: now - 600 }),
      await assertion({}, { key: strangers.privateKey }),
      await assertion({ email: 17 }),
      new UnsecuredJWT({ email: 'owner@example.com' })
        .setIssuer(domain)
        .setAudience(audience)
        .setExpirationTime('5m')
        .encode(),
      `${(await assertion()).slice(0, -4)}AAAA`,
      'no.jwt.atall',
      '',
    ]
    for (const jwt of wrong) expect((await admin('GET', '/me', by(jwt))).status).toBe(401)
    // Without the settings an assertion proves nothing, whoever signed it.
    expect((await admin('GET', '/me', { ...by(await assertion()), env })).status).toBe(401)
  })

  it('are known by the word of the runtime, which comes first', async () => {
    await teamWithOwner()
    const access = { aud: audience, getIdentity: () => Promise.resolve({ email: 'OWNER@example.com' }) }
    expect((await admin('GET', '/me', { token: null, access })).json()).toMatchObject({ email: 'owner@example.com' })
    const other = { ...access, aud: 'another application' }
    expect((await admin('GET', '/me', { token: null, access: other, env: settings })).status).toBe(401)
    const program = { aud: audience, getIdentity: () => Promise.resolve({}) }
    expect((await admin('GET', '/me', { token: null, access: program })).status).toBe(401)
  })

  it('may do nothing where no team has them', async () => {
    const access = { aud: audience, getIdentity: () => Promise.resolve({ email: 'nobody@example.com' }) }
    const { id } = await newTeam()
    expect((await admin('GET', '/me', { token: null, access })).status).toBe(403)
    expect((await admin('GET', `/teams/${id}`, { token: null, access })).status).toBe(404)
  })

  it('write from pages of the gateway only, since a browser sends the sign-in by itself', async () => {
    const { id } = await teamWithOwner()
    const access = { aud: audience, getIdentity: () => Promise.resolve({ email: 'owner@example.com' }) }
    const write = (headers: Record<string, string>) =>
      admin('PATCH', `/teams/${id}`, { token: null, access, headers, body: { name: 'x' } })
    expect((await write({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await write({ 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await write({ origin: 'https://evil.test' })).status).toBe(403)
    expect((await write({ 'sec-fetch-site': 'same-origin', origin: 'https://gateway.test' })).status).toBe(200)
    expect((await write({})).status).toBe(200)
  })
})

describe('an idempotency key', () => {
  const withKey = (key: string, more: Asking = {}): Asking => ({ ...more, headers: { 'idempotency-key': key } })

  it('makes a write happen once, and its secret is told once', async () => {
    const { id: team } = await newTeam()
    const make = () => admin('POST', `/teams/${team}/keys`, withKey('first-key', { body: { name: 'once' } }))
    const [first, again] = [await make(), await make()]
    expect([first.status, again.status]).toEqual([201, 201])
    expect(first.json().key).toMatch(/^hg_/)
    expect(again.json()).toEqual({ ...first.json(), key: null })
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
    expect((await done('GET', `/teams/${team}/keys`)).keys).toHaveLength(1)
  })

  it('makes it happen once also when both come at once', async () => {
    const { id: team } = await newTeam()
    const make = () => admin('POST', `/teams/${team}/keys`, withKey('at-once', { body: { name: 'once' } }))
    const answers = await Promise.all([make(), make(), make(), make()])
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    expect((await done('GET', `/teams/${team}/keys`)).keys).toHaveLength(1)
  })

  it('is not good for another request, and is its owner’s alone', async () => {
    const team = await newTeam()
    await done('POST', `/teams/${team.id}/keys`, withKey('k', { body: { name: 'a' } }))
    expect((await admin('POST', `/teams/${team.id}/keys`, withKey('k', { body: { name: 'b' } }))).status).toBe(422)
    expect((await admin('POST', '/teams', withKey('k', { body: { name: 'a' } }))).status).toBe(422)
    const others = withKey('k', { body: { name: 'b' }, token: team.tokens.owner })
    expect((await admin('POST', `/teams/${team.id}/keys`, others)).status).toBe(201)
  })

  it('is free again after a refusal, and after a day', async () => {
    const { id: team } = await newTeam()
    const put = (limitUsd: number) =>
      admin('PUT', `/teams/${team}/budgets`, withKey('retry', { body: { scope: 'team', period: 'day', limitUsd } }))
    expect((await admin('DELETE', `/teams/${team}/keys/nothing`, withKey('retry'))).status).toBe(404)
    expect((await put(1)).status).toBe(200)
    await env.DB.prepare('UPDATE idempotency_keys SET at = at - 90000000').run()
    expect((await put(2)).status).toBe(200)
  })

  it('whose write broke off is not tried again: nobody knows what was done', async () => {
    const { id: team } = await newTeam()
    const broken = withSettings({ DB: failingOnce(env.DB, 'UPDATE idempotency_keys') })
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const make = (bindings: Bindings) =>
      admin('POST', `/teams/${team}/keys`, withKey('broken', { body: { name: 'x' }, env: bindings }))
    expect((await make(broken)).status).toBe(500)
    expect((await make(env)).status).toBe(409)
    expect((await done('GET', `/teams/${team}/keys`)).keys).toHaveLength(1)
  })

  it('is forgotten by the hourly work once its day is over', async () => {
    await done('POST', '/teams', withKey('old', { body: { name: 'x' } }))
    await done('POST', '/teams', withKey('new', { body: { name: 'x' } }))
    await env.DB.prepare(`UPDATE idempotency_keys SET at = at - 90000000 WHERE key = 'old'`).run()
    await worker.scheduled({ scheduledTime: Date.now() } as ScheduledController, env)
    const { results } = await env.DB.prepare(`SELECT key FROM idempotency_keys WHERE key IN ('old', 'new')`).all()
    expect(results).toEqual([{ key: 'new' }])
  })

  it.each(['', 'x'.repeat(201), 'with space', 'ü'])('is refused where it is none: %j', async (key) => {
    expect((await admin('POST', '/teams', withKey(key, { body: { name: 'x' } }))).status).toBe(400)
  })
})

/** A database whose first statement, or batch, that holds a text fails. */
function failingOnce(db: D1Database, text: string): D1Database {
  let failed = false
  const texts = new WeakMap<object, string>()
  const fail = (): void => {
    failed = true
    throw new Error('D1 is not there just now')
  }
  const remember = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => remember(target.bind(...values), sql)
        if (name === 'run' && !failed && sql.includes(text)) return fail
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    texts.set(wrapped, sql)
    originals.set(wrapped, statement)
    return wrapped
  }
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => remember(target.prepare(sql), sql)
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) => {
          if (!failed && statements.some((one) => texts.get(one)?.includes(text))) fail()
          return target.batch(statements.map((one) => originals.get(one) ?? one))
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const originals = new WeakMap<object, D1PreparedStatement>()

describe('the audit log', () => {
  it('tells who, when, what, before and after', async () => {
    const team = await newTeam()
    const before = Date.now()
    await done('PATCH', `/teams/${team.id}`, { body: { name: 'Renamed' }, token: team.tokens.admin })
    const { entries } = await done('GET', `/audit?teamId=${team.id}&limit=1`, { token: team.tokens.auditor })
    expect(entries).toMatchObject([
      {
        actor: expect.stringMatching(/^token:/),
        actorName: 'an admin',
        action: 'teams update',
        object: team.id,
        outcome: 'done',
        before: { name: expect.stringMatching(/^Team/) },
        after: { name: 'Renamed' },
        requestId: expect.stringMatching(/^req_/),
      },
    ])
    expect(entries[0].at).toBeGreaterThanOrEqual(before)
  })

  it('cannot be changed, deleted or replaced, by whomever', async () => {
    await newTeam()
    const { id } = (await env.DB.prepare('SELECT id FROM audit_log LIMIT 1').first<{ id: string }>())!
    const attempts = [
      'UPDATE audit_log SET actor = ?1 WHERE id = ?1',
      'DELETE FROM audit_log WHERE id = ?1',
      `INSERT OR REPLACE INTO audit_log (id, change_id, phase, at, actor, actor_name, action, object, request_id)
       VALUES (?1, 'x', 'done', 1, 'x', 'x', 'x', 'x', 'x')`,
    ]
    for (const sql of attempts) {
      await expect(env.DB.prepare(sql).bind(id).run()).rejects.toThrow('append-only')
    }
    for (const method of ['DELETE', 'PUT', 'PATCH', 'POST']) {
      expect((await admin(method, '/audit')).status).toBe(404)
      expect((await admin(method, `/audit/${id}`)).status).toBe(404)
    }
  })

  it('shows a change that broke off between ledger and directory', async () => {
    const { id: team } = await newTeam()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bindings = withSettings({ DB: failingOnce(env.DB, 'INSERT INTO api_keys') })
    const body = { name: 'half made' }
    expect((await admin('POST', `/teams/${team}/keys`, { body, env: bindings })).status).toBe(500)
    const [line] = (await done('GET', `/audit?teamId=${team}&action=keys+create`)).entries
    expect(line).toMatchObject({ outcome: 'unfinished', after: { name: 'half made' } })
    expect((await done('GET', `/teams/${team}/keys`)).keys).toEqual([])
    expect(await env.LEDGERS.getByName(team).keys()).toMatchObject([{ keyId: line.object, name: 'half made' }])
  })

  it('shows what a ledger refused', async () => {
    const { id: team } = await newTeam()
    const key = await done('POST', `/teams/${team}/keys`, { body: { name: 'x' } })
    await done('DELETE', `/teams/${team}/keys/${key.id}`)
    const refused = await admin('POST', `/teams/${team}/keys/${key.id}/rotate`, { body: {} })
    expect(refused.status).toBe(409)
    expect(refused.json().detail).toBe('This key was revoked.')
    const [line] = (await done('GET', `/audit?teamId=${team}&action=keys+rotate`)).entries
    expect(line).toMatchObject({ outcome: 'refused', after: { problem: 'This key was revoked.' } })
  })

  it('writes nothing where the directory alone is changed and fails', async () => {
    const { id: team } = await newTeam()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bindings = withSettings({ DB: failingOnce(env.DB, 'INSERT INTO members') })
    const body = { role: 'admin' }
    expect((await admin('PUT', `/teams/${team}/members/a@example.com`, { body, env: bindings })).status).toBe(500)
    expect((await done('GET', `/teams/${team}/members`)).members).toEqual([])
    expect((await done('GET', `/audit?teamId=${team}&action=members+set`)).entries).toEqual([])
  })
})

describe('budgets', () => {
  it('are set, replaced, shown with their standing, and removed', async () => {
    const { id: team } = await newTeam()
    const key = await done('POST', `/teams/${team}/keys`, { body: { name: 'Ada' } })
    const put = (body: object) => done('PUT', `/teams/${team}/budgets`, { body })
    await put({ scope: 'team', period: 'month', limitUsd: 100 })
    await put({ scope: 'team', period: 'month', limitUsd: 200.000000001, mode: 'soft', onExceed: 'surface' })
    await put({ scope: 'key', keyId: key.id, period: 'day', limitUsd: 5, thresholds: [0.9] })
    await put({ scope: 'session', period: 'session', limitUsd: 3 })
    const { budgets } = await done('GET', `/teams/${team}/budgets`)
    expect(budgets).toMatchObject([
      { id: 'team:month', limitNano: 200_000_000_001, mode: 'soft', onExceed: 'surface', spentNano: 0 },
      { scope: 'key', keyId: key.id, name: 'Ada', limitNano: 5e9, thresholds: [0.9], leftNano: 5e9 },
      { scope: 'session', keyId: null, limitNano: 3e9, spentNano: null },
    ])
    expect(budgets[0].resetsAt).toBeGreaterThan(Date.now())
    expect(await done('DELETE', `/teams/${team}/budgets/team:month`)).toMatchObject({ limitNano: 200_000_000_001 })
    expect((await done('GET', `/teams/${team}/budgets`)).budgets).toHaveLength(2)
  })
})

describe('a developer', () => {
  it('sees what the own key has spent, and the budgets it runs under', async () => {
    const { id: team } = await newTeam()
    const { key, id } = await done('POST', `/teams/${team}/keys`, { body: { name: 'Ada', tags: { project: 'a' } } })
    const other = await done('POST', `/teams/${team}/keys`, { body: { name: 'Bob' } })
    for (const keyId of [id, other.id]) {
      await done('PUT', `/teams/${team}/budgets`, { body: { scope: 'key', keyId, period: 'day', limitUsd: 5 } })
    }
    await done('PUT', `/teams/${team}/budgets`, { body: { scope: 'team', period: 'month', limitUsd: 50 } })
    const usage = await client('/v1/usage', key)
    expect(usage.status).toBe(200)
    expect(usage.json()).toMatchObject({
      key: { id, name: 'Ada', tags: { project: 'a' }, team: { id: team } },
      calls: 0,
      spent: { day: { spentNano: 0, spentUsd: 0 }, month: { spentNano: 0 }, total: { spentNano: 0 } },
    })
    const { budgets } = (await client('/v1/budget', key)).json()
    expect(budgets.map(({ scope, limitUsd, leftUsd }: never) => [scope, limitUsd, leftUsd])).toEqual([
      ['key', 5, 5],
      ['team', 50, 50],
    ])
    expect(JSON.stringify(budgets)).not.toContain(other.id)
  })

  it("is refused in the client's own form", async () => {
    for (const path of ['/v1/usage', '/v1/budget']) {
      expect((await client(path, 'hg_nothing')).json()).toMatchObject({ error: { message: expect.any(String) } })
      const anthropic = await ask('GET', path, { token: null, headers: { 'anthropic-version': '2023-06-01' } })
      expect(anthropic.status).toBe(401)
      expect(anthropic.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    }
  })
})

describe('policies', () => {
  it('are versions that can be compared and gone back to', async () => {
    const { id: team } = await newTeam()
    const of = `/teams/${team}/policy`
    expect(await done('GET', of)).toEqual({ version: 0, policy: { schema: 1 } })
    await done('PUT', of, { body: { schema: 1, growth: { tier2At: 10, tier3At: 20 }, rules: 'literal' } })
    await done('PUT', of, { body: { schema: 1, growth: { tier2At: 15, tier3At: 20 }, translation: 'never' } })
    expect((await done('GET', `${of}/diff?from=1&to=2`)).differences).toEqual([
      { path: 'growth.tier2At', kind: 'changed', before: 10, after: 15 },
      { path: 'rules', kind: 'removed', before: 'literal' },
      { path: 'translation', kind: 'added', after: 'never' },
    ])
    const back = await done('POST', `${of}/rollback`, { body: { version: 1 } })
    expect(back).toMatchObject({ version: 3, policy: { rules: 'literal' } })
    expect(await env.LEDGERS.getByName(team).policy()).toMatchObject({ version: 3 })
    const { versions, nextCursor } = await done('GET', `${of}/versions?limit=2`)
    expect(versions).toMatchObject([{ version: 3, actor: 'operator' }, { version: 2 }])
    expect((await done('GET', `${of}/versions?limit=2&cursor=${nextCursor}`)).versions).toMatchObject([{ version: 1 }])
    expect((await admin('GET', `${of}/versions/9`)).status).toBe(404)
    expect((await admin('GET', `${of}/versions/x`)).status).toBe(400)
  })

  it('written over a version that is old by now are refused', async () => {
    const { id: team } = await newTeam()
    const put = (expected: number) =>
      admin('PUT', `/teams/${team}/policy?expectedVersion=${expected}`, { body: { schema: 1 } })
    expect((await put(0)).status).toBe(200)
    expect((await put(0)).status).toBe(409)
    expect((await put(1)).json()).toMatchObject({ version: 2 })
  })

  it('over keys that the team does not have are refused', async () => {
    const [{ id: team }, { id: other }] = [await newTeam(), await newTeam()]
    const [own, theirs] = await Promise.all(
      [team, other].map(async (of) => (await done('POST', `/teams/${of}/keys`, { body: { name: 'x' } })).id as string),
    )
    const policyOf = (...keys: (string | undefined)[]) => ({ body: { schema: 1, scope: { keys } } })
    const problems = [theirs, 'key_mistyped'].map((id, index) => ({
      path: `scope.keys.${index + 1}`,
      message: `"${id}" is the id of no key of this team`,
    }))
    const wrong = policyOf(own, theirs, 'key_mistyped')
    const refused = await admin('PUT', `/teams/${team}/policy`, wrong)
    expect([refused.status, refused.json().errors]).toEqual([400, problems])
    expect(await done('POST', `/teams/${team}/policy/validate`, wrong)).toEqual({ valid: false, problems })
    await done('DELETE', `/teams/${team}/keys/${own}`)
    expect(await done('PUT', `/teams/${team}/policy`, policyOf(own))).toMatchObject({ version: 1 })
  })

  it('are checked without being stored', async () => {
    const { id: team } = await newTeam()
    const check = (body: object) => done('POST', `/teams/${team}/policy/validate`, { body })
    expect(await check({ schema: 1 })).toEqual({ valid: true, problems: [] })
    const wrong = await check({ schema: 1, growth: { tier2At: 9, tier3At: 8 } })
    expect(wrong).toMatchObject({ valid: false, problems: [{ path: 'growth.tier2At' }] })
    expect(await done('GET', `/teams/${team}/policy`)).toMatchObject({ version: 0 })
  })

  it('that broke off before the history was written are mended by the next one', async () => {
    const { id: team } = await newTeam()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bindings = withSettings({ DB: failingOnce(env.DB, 'INSERT OR IGNORE INTO policy_versions') })
    const body = { schema: 1, rules: 'literal' }
    expect((await admin('PUT', `/teams/${team}/policy`, { body, env: bindings })).status).toBe(500)
    await done('PUT', `/teams/${team}/policy`, { body: { schema: 1 } })
    const { versions } = await done('GET', `/teams/${team}/policy/versions`)
    expect(versions).toMatchObject([
      { version: 2, actor: 'operator' },
      { version: 1, actor: 'unknown' },
    ])
    expect((await done('GET', `/teams/${team}/policy/versions/1`)).policy).toEqual(body)
  })
})

describe("a policy over yesterday's log", () => {
  const DAY = 24 * 60 * 60_000
  const settings = withSettings({ ANTHROPIC_API_KEY: 'a-provider-key' })
  let team: string
  let from: number

  beforeAll(async () => {
    team = (await newTeam()).id
    from = Date.now() - (Date.now() % DAY) - DAY
    const calls = Array.from({ length: 30 }, (_, call) =>
      loggedDecision({
        id: `req_replay_${call}`,
        teamId: team,
        keyId: 'key_replay',
        at: from + call * 30_000,
        sessionId: `s${call % 3}`,
        threadId: `t${call % 3}`,
        turn: 1 + Math.floor(call / 9),
        usage: { ...NO_USAGE, inputTokens: 2_000, outputTokens: 300 },
        costNano: 10_000_000,
        baselineNano: 20_000_000,
      }),
    )
    const today = loggedDecision({ id: 'req_replay_today', teamId: team, keyId: 'key_replay', at: from + DAY + 1 })
    await insertDecisions(env.DB, [...calls, today])
  })

  const dryRun = (policy: object, more: object = {}) =>
    done('POST', `/teams/${team}/policy/dry-run`, { body: { policy, ...more }, env: settings })

  it('answers with both bills and where the calls would have gone', async () => {
    const up = await dryRun({ schema: 1, taskTiers: { bug_fix: 3 } })
    expect(up).toMatchObject({ from, to: from + DAY, calls: 30, threads: 3, truncated: false, leftOut: [] })
    expect(up).toMatchObject({ recordedNano: 300_000_000, currentVersion: 0 })
    expect(up.current.tiers).toEqual({ 1: 0, 2: 1, 3: 0 })
    expect(up.candidate.tiers).toEqual({ 1: 0, 2: 0, 3: 1 })
    expect(up.candidate.costNano).toBeGreaterThan(up.current.costNano)
    expect(up.savedNano).toBe(up.current.costNano - up.candidate.costNano)
    const down = await dryRun({ schema: 1, taskTiers: { bug_fix: 1 } })
    expect(down.savedNano).toBeGreaterThan(0)
    expect((await dryRun({ schema: 1 })).savedNano).toBe(0)
  })

  it('reads a bounded part of the log, and says when there was more', async () => {
    expect(await dryRun({ schema: 1 }, { limit: 10 })).toMatchObject({ calls: 10, truncated: true })
    const empty = await dryRun({ schema: 1 }, { from: 1000, to: 2000 })
    expect(empty).toMatchObject({ calls: 0, savedNano: 0, current: { costNano: 0, tiers: { 1: 0, 2: 0, 3: 0 } } })
  })

  it('refuses a policy that is wrong, and a time that is empty', async () => {
    const refused = (body: object) => admin('POST', `/teams/${team}/policy/dry-run`, { body, env: settings })
    expect((await refused({ policy: { schema: 1, growth: { tier2At: 9, tier3At: 8 } } })).status).toBe(400)
    expect((await refused({ policy: { schema: 1 }, from: 2, to: 2 })).status).toBe(400)
  })
})

describe('models, providers and usage', () => {
  it('tell prices, and which model has none', async () => {
    const { id: team } = await newTeam()
    const capabilities = { windowTokens: 100_000, maxOutputTokens: 4_000, dialects: ['openai-chat-completions'] }
    const models = [{ id: 'ours', provider: 'mine', tier: 2, capabilities }]
    await done('PUT', `/teams/${team}/policy`, {
      body: { schema: 1, catalog: { models, tiers: { '2': ['mine/ours'] } } },
    })
    const listed = (await done('GET', `/teams/${team}/models`)).models as Record<string, unknown>[]
    const of = (target: string) => listed.find((model) => model['target'] === target)
    expect(of('mine/ours')).toMatchObject({ price: { status: 'unpriced' }, inputUsdPerMillion: null, listed: true })
    expect(of('mine/ours')).toMatchObject({ available: false, capabilities: { windowTokens: 100_000 } })
    expect(of('anthropic/claude-haiku-4-5')).toMatchObject({ price: { status: 'priced' }, inputUsdPerMillion: 1 })
    const all = (await done('GET', `/teams/${team}/models?all=true`)).models
    expect(all.length).toBeGreaterThan(listed.length)
  })

  it('tell how providers are doing, from the ledger and the log', async () => {
    const { id: team } = await newTeam()
    const settings = withSettings({ ANTHROPIC_API_KEY: 'a-provider-key' })
    const attempts = (outcome: 'answered' | 'overloaded') => [
      { target: 'anthropic/claude-sonnet-5-5', outcome, status: 200, ms: 1 },
    ]
    const at = Date.now() - 1000
    await insertDecisions(env.DB, [
      loggedDecision({ id: `${team}1`, teamId: team, at, attempts: attempts('overloaded') }),
      loggedDecision({ id: `${team}2`, teamId: team, at, attempts: attempts('answered') }),
      loggedDecision({ id: `${team}3`, teamId: team, at: at - 2 * 3_600_000, attempts: attempts('overloaded') }),
    ])
    const failed = { kind: 'failed', target: 'anthropic/claude-sonnet-5-5', provider: 'anthropic' } as const
    await env.LEDGERS.getByName(team).reportHealth({
      ...failed,
      requestId: 'r1',
      fault: 'overloaded',
      retryAfterMs: 60_000,
      at: Date.now(),
    })
    const { providers } = await done('GET', `/teams/${team}/providers?hours=1`, { env: settings })
    expect(providers).toMatchObject([
      {
        name: 'anthropic',
        configured: true,
        attempts: 2,
        faults: 1,
        faultShare: 0.5,
        outcomes: { overloaded: 1, answered: 1 },
        coolingUntil: null,
        coolingTargets: [{ target: 'anthropic/claude-sonnet-5-5' }],
      },
    ])
  })

  it('add up by day, key and tag; an unpriced call is counted, never free', async () => {
    const { id: team } = await newTeam()
    const key = async (project: string): Promise<string> =>
      (await done('POST', `/teams/${team}/keys`, { body: { name: project, tags: { project } } })).id
    const [one, other] = [await key('checkout'), await key('search')]
    const at = Date.now() - 5000
    const of = (keyId: string, project: string) => ({ teamId: team, keyId, at, tags: { project } })
    await insertDecisions(env.DB, [
      loggedDecision({ ...of(one, 'checkout'), id: `${team}a`, costNano: 10, baselineNano: 30 }),
      loggedDecision({ ...of(one, 'checkout'), id: `${team}b`, costNano: 5, baselineNano: null }),
      loggedDecision({ ...of(other, 'search'), id: `${team}c`, costNano: null, baselineNano: 40 }),
    ])
    const by = async (group: string) => (await done('GET', `/teams/${team}/usage?by=${group}`)).groups
    expect(await by('tag:project')).toMatchObject([
      { group: 'checkout', calls: 2, costNano: 15, unpricedCalls: 0, comparedNano: 10, baselineNano: 30 },
      { group: 'search', calls: 1, costNano: 0, unpricedCalls: 1, comparedNano: 0, baselineNano: 0 },
    ])
    expect(await by('key')).toMatchObject([{ group: one }, { group: other }])
    expect(await by('day')).toMatchObject([{ group: new Date(at).toISOString().slice(0, 10), calls: 3 }])
    expect((await admin('GET', `/teams/${team}/usage?by=tag:x'y`)).status).toBe(400)
    const long = await admin('GET', `/teams/${team}/usage?from=0`)
    expect([long.status, long.json().errors]).toMatchObject([400, [{ path: 'from' }]])
  })
})

describe('decisions', () => {
  it('are found by key, session, task, tier, time and tag; one is shown whole', async () => {
    const team = await newTeam()
    const key = await done('POST', `/teams/${team.id}/keys`, { body: { name: 'x', tags: { project: 'checkout' } } })
    const at = 1_700_000_000_000
    const base = { teamId: team.id, keyId: key.id, at, sessionId: 's1', tags: { project: 'checkout' } }
    await insertDecisions(env.DB, [
      loggedDecision({ ...base, id: `${team.id}1` }),
      loggedDecision({ ...base, id: `${team.id}2`, tier: 3, sessionId: 's2', at: at + 10 }),
      loggedDecision({ ...base, id: `${team.id}3`, keyId: 'other', tags: {}, at: at + 20 }),
    ])
    const found = async (query: string): Promise<string[]> =>
      (await done('GET', `/decisions?teamId=${team.id}&${query}`)).decisions.map(({ id }: { id: string }) =>
        id.slice(team.id.length),
      )
    expect(await found('')).toEqual(['3', '2', '1'])
    expect(await found(`keyId=${key.id}`)).toEqual(['2', '1'])
    expect(await found('sessionId=s2')).toEqual(['2'])
    expect(await found('tier=3')).toEqual(['2'])
    expect(await found('taskType=docstring')).toEqual([])
    expect(await found('taskType=bug_fix')).toEqual(['3', '2', '1'])
    expect(await found(`from=${at + 10}`)).toEqual(['3', '2'])
    expect(await found(`to=${at + 10}`)).toEqual(['1'])
    expect(await found('tag=project=checkout')).toEqual(['2', '1'])
    const whole = await done('GET', `/decisions/${team.id}1`, { token: team.tokens.auditor })
    expect(whole).toMatchObject({ id: `${team.id}1`, considered: [{ verdict: 'chosen' }], attempts: [{}, {}] })
  })
})

describe('bad input', () => {
  it.each([
    ['POST', '/teams', '{"name":'],
    ['POST', '/teams', {}],
    ['POST', '/teams', { name: '' }],
    ['POST', '/teams', { name: 'x', more: 1 }],
    ['POST', '/teams', { name: 'two\nlines' }],
    ['POST', '/teams/TEAM/keys', { name: 'x', highestTier: 4 }],
    ['POST', '/teams/TEAM/keys', { name: 'x', tags: { 'Not a name': 'x' } }],
    ['PUT', '/teams/TEAM/budgets', { scope: 'team', period: 'month', limitUsd: -1 }],
    ['PUT', '/teams/TEAM/budgets', { scope: 'team', period: 'month', limitUsd: 0.0000000001 }],
    ['PUT', '/teams/TEAM/budgets', { scope: 'team', period: 'fortnight', limitUsd: 1 }],
    ['PUT', '/teams/TEAM/budgets', { scope: 'team', period: 'session', limitUsd: 1 }],
    ['PUT', '/teams/TEAM/budgets', { scope: 'key', period: 'month', limitUsd: 1 }],
    ['PUT', '/teams/TEAM/policy', { schema: 1, growth: { tier2At: 9, tier3At: 8 } }],
    ['PUT', '/teams/TEAM/policy', { schema: 1, catalog: { tiers: { '1': ['nobody/nothing'] } } }],
    ['PUT', '/teams/TEAM/policy', { schema: 1, unknown: true }],
    ['PUT', '/teams/TEAM/members/no-address', { role: 'admin' }],
    ['PUT', '/teams/TEAM/members/a@example.com', { role: 'king' }],
    ['GET', '/decisions?limit=0', undefined],
    ['GET', '/decisions?cursor=x', undefined],
    ['GET', '/decisions?unknown=1', undefined],
    ['GET', '/decisions?from=5&to=5', undefined],
  ] as const)('%s %s with %j is refused and says where', async (method, path, body) => {
    const answer = await admin(method, path.replace('TEAM', (await newTeam()).id), { body })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json().detail.length).toBeGreaterThan(10)
  })

  const INVISIBLE = 'must not hold invisible characters'
  const MISTYPED = '"claude-sonet-5-5" is no model of the catalogue'

  it.each([
    ['POST', '/teams', {}, 'name', 'is needed'],
    ['POST', '/teams', { name: 5 }, 'name', 'must be text'],
    ['POST', '/teams', { name: '  ' }, 'name', 'must not be empty'],
    ['POST', '/teams', { name: 'x'.repeat(101) }, 'name', 'may have 100 characters at most'],
    ['POST', '/teams', { name: 'a\u200bb' }, 'name', INVISIBLE],
    ['POST', '/teams', { name: 'Pay\u202estnem' }, 'name', INVISIBLE],
    ['POST', '/teams', { name: '\u200d\ufe0f' }, 'name', 'must hold something that can be seen'],
    ['POST', '/teams', { name: 'x\ud800' }, 'name', 'must be one line without control characters'],
    ['POST', '/teams', { name: 'x', naem: 'x' }, '', 'has no "naem"'],
    ['POST', '/teams/TEAM/keys', { name: 'x', highestTier: '2' }, 'highestTier', 'must be 1 or 2 or 3'],
    ['POST', '/teams/TEAM/keys', { name: 'x', tags: { Projekt: 'x' } }, 'tags.Projekt', 'is no name of a tag'],
    ['POST', '/teams/TEAM/keys', { name: 'x', expiresAt: 9e15 }, 'expiresAt', 'must be at most 253402300799999'],
    ['POST', '/teams/TEAM/keys', { name: 'x', allowedModels: ['claude-sonet-5-5'] }, 'allowedModels.0', MISTYPED],
    ['POST', '/teams/TEAM/keys', { name: 'x', policyOverride: { nope: 1 } }, 'policyOverride', 'has no "nope"'],
    [
      'POST',
      '/teams/TEAM/keys',
      { name: 'x', owner: '\u0430da@example.com' },
      'owner',
      'must be an e-mail address, or a name',
    ],
    ['PUT', '/teams/TEAM/budgets', { scope: 'team', period: 'month', limitUsd: -1 }, 'limitUsd', 'must be at least 0'],
    ['PUT', '/teams/TEAM/policy', { schema: 1, growth: { tier2At: -1 } }, 'growth.tier2At', 'must be at least 0'],
    ['GET', '/teams/TEAM/usage?from=2026-11-01', undefined, 'from', 'must be a number'],
  ] as const)('%s %s with %j is refused: %s %s', async (method, path, body, field, message) => {
    const answer = await admin(method, path.replace('TEAM', (await newTeam()).id), { body })
    expect([answer.status, answer.json().errors]).toEqual([400, [{ path: field, message }]])
  })

  it.each(['Zahlungen – Süd', 'פיתוח', 'می\u200cخواهم', 'Team 👩\u200d💻 ❤️'])('%s is a name', async (name) => {
    expect(await done('POST', '/teams', { body: { name } })).toMatchObject({ name })
  })

  it('a model is one that the team or the key has by its policy', async () => {
    const { id: team } = await newTeam()
    const capabilities = { windowTokens: 100_000, maxOutputTokens: 8_000, dialects: ['anthropic-messages'] }
    const policyOverride = { catalog: { models: [{ id: 'local', provider: 'anthropic', tier: 1, capabilities }] } }
    const make = (body: object) => admin('POST', `/teams/${team}/keys`, { body: { name: 'x', ...body } })
    expect((await make({ allowedModels: ['anthropic/local'] })).status).toBe(400)
    const made = await make({ allowedModels: ['anthropic/local', 'claude-haiku-5-5'], policyOverride })
    expect([made.status, made.text]).toEqual([201, expect.stringContaining('anthropic/local')])
    const path = `/teams/${team}/keys/${made.json().id}`
    expect((await admin('PATCH', path, { body: { allowedModels: ['local'] } })).status).toBe(200)
    expect((await admin('PATCH', path, { body: { allowedModels: ['lokal'] } })).status).toBe(400)
    expect((await admin('PATCH', path, { body: { name: 'y' } })).status).toBe(200)
  })

  it('meets no route by accident', async () => {
    expect((await admin('GET', '/nothing')).status).toBe(404)
    expect((await admin('GET', '/nothing', { token: null })).status).toBe(401)
    expect((await ask('GET', '/admin/', { token: null })).status).toBe(401)
  })

  it('of a sign-in is told apart: no token, and one that is not valid', async () => {
    const detail = async (token: string | null) => (await admin('GET', '/me', { token })).json().detail as string
    expect(await detail(null)).toContain('Send an admin token')
    expect(await detail('hga_mistyped')).toContain('not valid here')
  })
})

describe('whoever keeps failing to sign in', () => {
  const from = (address: string) => ({ 'cf-connecting-ip': address })
  const fail = (address: string) => admin('GET', '/me', { token: 'wrong', headers: from(address) })

  it('is told to wait, by token or by key; others, and whoever is right, are not', async () => {
    const statuses = await Promise.all(Array.from({ length: 70 }, async () => (await fail('192.0.2.1')).status))
    expect(statuses.filter((status) => status === 401)).toHaveLength(60)
    const late = await fail('192.0.2.1')
    expect(late.status).toBe(429)
    expect(late.headers.get('retry-after')).toBe('60')
    expect(late.headers.get('content-type')).toBe('application/problem+json')

    const byKey = await ask('GET', '/v1/models', { token: 'hg_wrong', headers: from('192.0.2.1') })
    expect(byKey.status).toBe(429)
    expect(byKey.headers.get('retry-after')).toBe('60')
    expect(byKey.json()).toMatchObject({ error: { message: expect.stringContaining('Too many failed sign-ins') } })

    expect((await admin('GET', '/me', { headers: from('192.0.2.1') })).status).toBe(200)
    expect((await fail('192.0.2.2')).status).toBe(401)
  })

  it('is only counted where the runtime tells the address', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 70 }, async () => (await admin('GET', '/me', { token: 'wrong' })).status),
    )
    expect(new Set(statuses)).toEqual(new Set([401]))
  })
})
