/** What holds for every route of the admin API, whatever it does: the list is that of the routes themselves. */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ROLES, type Role } from '../../../src/http/admin/actor.ts'
import { changesSomething, pathParams, type AdminRoute } from '../../../src/http/admin/define-route.ts'
import { jsonSchema, openApiText } from '../../../src/http/admin/openapi.ts'
import { ADMIN_ROUTES } from '../../../src/http/admin/routes.ts'
import { createApp } from '../../../src/http/app.ts'
import { ask, done, migrate, newTeam, OPERATOR_TOKEN, type TeamOfTest } from './asking.ts'
import { askRoute, pathOf, sampleOf } from './asked-route.ts'
import { SAMPLES, type Sample } from './samples.ts'

/** Who may, besides the operator; written by hand, so that a slip in a route does not also slip in here. */
const MAY: Readonly<Record<string, readonly Role[]>> = {
  'bootstrap run': [],
  'me show': ['owner', 'admin', 'member', 'auditor'],
  'teams create': [],
  'teams list': ['owner', 'admin', 'member', 'auditor'],
  'teams show': ['owner', 'admin', 'member', 'auditor'],
  'teams update': ['owner', 'admin'],
  'keys create': ['owner', 'admin'],
  'keys list': ['owner', 'admin', 'member', 'auditor'],
  'keys show': ['owner', 'admin', 'member', 'auditor'],
  'keys update': ['owner', 'admin'],
  'keys rotate': ['owner', 'admin'],
  'keys revoke': ['owner', 'admin'],
  'budgets set': ['owner', 'admin'],
  'budgets list': ['owner', 'admin', 'member', 'auditor'],
  'budgets remove': ['owner', 'admin'],
  'policy show': ['owner', 'admin', 'auditor'],
  'policy set': ['owner', 'admin'],
  'policy validate': ['owner', 'admin', 'auditor'],
  'policy versions': ['owner', 'admin', 'auditor'],
  'policy version': ['owner', 'admin', 'auditor'],
  'policy diff': ['owner', 'admin', 'auditor'],
  'policy rollback': ['owner', 'admin'],
  'policy dry-run': ['owner', 'admin', 'auditor'],
  'models list': ['owner', 'admin', 'member', 'auditor'],
  'providers list': ['owner', 'admin', 'auditor'],
  'usage show': ['owner', 'admin', 'member', 'auditor'],
  'decisions list': ['owner', 'admin', 'member', 'auditor'],
  'decisions show': ['owner', 'admin', 'member', 'auditor'],
  'alerts list': ['owner', 'admin', 'auditor'],
  'alert-channels create': ['owner', 'admin'],
  'alert-channels list': ['owner', 'admin', 'auditor'],
  'alert-channels show': ['owner', 'admin', 'auditor'],
  'alert-channels update': ['owner', 'admin'],
  'alert-channels rotate': ['owner', 'admin'],
  'alert-channels test': ['owner', 'admin'],
  'alert-channels remove': ['owner', 'admin'],
  'members list': ['owner', 'admin', 'auditor'],
  'members set': ['owner'],
  'members remove': ['owner'],
  'tokens create': ['owner'],
  'tokens list': ['owner', 'admin', 'auditor'],
  'tokens revoke': ['owner'],
  'audit list': ['owner', 'admin', 'auditor'],
}

const SIGNED_IN = ADMIN_ROUTES.filter(({ signIn }) => signIn === undefined)
const OF_TEAM = SIGNED_IN.filter(({ teamFrom }) => teamFrom !== 'none')
const byName = (routes: readonly AdminRoute[]): [string, AdminRoute][] => routes.map((route) => [route.name, route])

let team: TeamOfTest
let other: TeamOfTest
/** Everything the gateway wrote to its console while these tests ran. */
const written: string[] = []
/** Every answer that was an error. */
const problems: string[] = []
const secrets = new Set<string>([OPERATOR_TOKEN, 'pepper-of-the-tests', 'in-the-address'])

beforeAll(async () => {
  await migrate()
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts) => void written.push(parts.map(String).join(' ')))
  }
  ;[team, other] = [await newTeam(), await newTeam()]
  for (const token of [...Object.values(team.tokens), ...Object.values(other.tokens)]) secrets.add(token)
})

afterAll(() => vi.restoreAllMocks())

async function asked(...[route, asking]: Parameters<typeof askRoute>) {
  const answer = await askRoute(route, asking)
  if (answer.status >= 400) problems.push(answer.text)
  if (answer.status < 300 && answer.text !== '') {
    const body = answer.json() as Record<string, unknown>
    for (const field of route.secrets ?? []) if (typeof body[field] === 'string') secrets.add(body[field])
  }
  return answer
}

describe('the tables of this file', () => {
  it('have a row for every route, and no other', () => {
    const names = ADMIN_ROUTES.map(({ name }) => name).sort()
    expect(new Set(names).size).toBe(names.length)
    expect(Object.keys(MAY).sort()).toEqual(names)
    expect(Object.keys(SAMPLES).sort()).toEqual(names)
  })

  it('know every parameter of a path', async () => {
    for (const route of ADMIN_ROUTES) {
      const { params = {} } = await sampleOf(route, team)
      expect(Object.keys(params).sort()).toEqual(
        pathParams(route.path)
          .filter((name) => name !== 'teamId')
          .sort(),
      )
    }
  })
})

describe('the documentation', () => {
  const { paths } = JSON.parse(openApiText()) as { paths: Record<string, Record<string, Operation>> }

  it.each(byName(ADMIN_ROUTES.filter(({ hasBody }) => hasBody)))('%s shows a body that it takes', (_, route) => {
    const path = `/admin/v1${route.path.replaceAll(/:(\w+)/g, '{$1}')}`
    const { example } = paths[path]?.[route.method.toLowerCase()]?.requestBody?.content['application/json'] ?? {}
    expect(route.body.safeParse(example).error?.message).toBeUndefined()
    expect(Object.keys(example ?? {})).not.toEqual([])
    expect(JSON.stringify(example)).not.toContain('...')
  })

  it.each(byName(ADMIN_ROUTES.filter(changesSomething)))('%s says what it did, in fields of its answer', (_, route) => {
    const fields = [...(route.done ?? '').matchAll(/\{(\w+)/g)].map(([, field = '']) => field)
    expect(fields.length).toBeGreaterThan(0)
    expect(Object.keys(jsonSchema(route.answer)['properties'] ?? {})).toEqual(expect.arrayContaining(fields))
  })
})

interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly example?: object }> }
}

describe('a good request', () => {
  it.each(byName(SIGNED_IN))('%s answers as its schema says', async (_, route) => {
    const sample = await sampleOf(route, team)
    const answer = await asked(route, { teamId: team.id, sample })
    expect(answer.text).toBe(answer.status < 300 ? answer.text : '')
    expect(answer.status).toBe(route.status ?? 200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const parsed = route.answer.safeParse(answer.text === '' ? null : answer.json())
    expect(parsed.error?.message).toBeUndefined()
  })

  it.each(byName(SIGNED_IN.filter(changesSomething)))('%s leaves its line in the audit log', async (_, route) => {
    const sample = await sampleOf(route, team)
    const answer = await asked(route, { teamId: team.id, sample, token: null, headers: bearer(OPERATOR_TOKEN) })
    expect(answer.status).toBeLessThan(300)
    const { entries } = await done('GET', `/audit?limit=1&action=${encodeURIComponent(route.name)}`)
    expect(entries).toMatchObject([{ action: route.name, actor: 'operator', outcome: 'done' }])
  })
})

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` }
}

describe('who is not signed in', () => {
  it.each(byName(ADMIN_ROUTES))('%s answers 401 and nothing else', async (_, route) => {
    const sample = await sampleOf(route, team)
    const wrong = [null, '', 'wrong', `${OPERATOR_TOKEN}x`, OPERATOR_TOKEN.slice(0, -1), team.tokens.owner.slice(0, -1)]
    for (const token of wrong) {
      const answer = await asked(route, { teamId: team.id, sample, token })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
  })
})

describe('roles', () => {
  const cases = SIGNED_IN.flatMap((route) => ROLES.map((role): [string, Role, AdminRoute] => [route.name, role, route]))

  it.each(cases)('%s as %s', async (name, role, route) => {
    const sample = await sampleOf(route, team)
    const answer = await asked(route, { teamId: team.id, sample, token: team.tokens[role] })
    if (MAY[name]?.includes(role) === true) expect(answer.status).toBe(route.status ?? 200)
    else expect(answer.status).toBe(403)
  })
})

describe("another team's object", () => {
  it.each(byName(OF_TEAM))('%s looks like one that does not exist', async (_, route) => {
    const sample = withTeam(await sampleOf(route, other), other.id)
    const theirs = await asked(route, { teamId: other.id, sample, token: team.tokens.owner })
    const nobodys = await asked(route, {
      teamId: '0000000000000000',
      sample: withTeam(sample, '0000000000000000'),
      token: team.tokens.owner,
    })
    expect(theirs.status).toBe(404)
    expect(withoutInstance(theirs.text)).toEqual(withoutInstance(nobodys.text))
  })

  const withObject = OF_TEAM.filter(({ path }) => /:(?:key|budget|token|decision|channel)Id|:email/.test(path))
  it.each(byName(withObject))('%s does not reach into another team from the own one', async (name, route) => {
    const theirs = await sampleOf(route, other)
    const answer = await asked(route, {
      teamId: team.id,
      sample: withTeam(theirs, team.id),
      token: team.tokens.owner,
    })
    // A person may be a member of both teams.
    expect(answer.status).toBe(name === 'members set' ? 200 : 404)
  })

  it("a budget for another team's key is refused", async () => {
    const { id } = await done('POST', `/teams/${other.id}/keys`, { body: { name: 'x' } })
    const body = { scope: 'key', keyId: id, period: 'month', limitUsd: 1 }
    const answer = await ask('PUT', `/admin/v1/teams/${team.id}/budgets`, { body, token: team.tokens.owner })
    expect(answer.status).toBe(404)
  })
})

function withTeam(sample: Sample, teamId: string): Sample {
  return sample.query?.['teamId'] === undefined ? sample : { ...sample, query: { ...sample.query, teamId } }
}

function withoutInstance(text: string): unknown {
  const { instance: _, ...rest } = JSON.parse(text) as Record<string, unknown>
  return rest
}

const HOSTILE = [
  `'; DROP TABLE teams; --`,
  `" OR 1=1 --`,
  `<script>alert(1)</script>`,
  'x\r\nx-evil: yes',
  '__proto__',
  '../../../etc/passwd',
  '%00%0d%0a',
  'ÿ\u0000￿',
  'x'.repeat(70_000),
]

/** Every text of a value replaced by another one, one at a time; names of members too. */
function* mutations(value: unknown, text: string): Generator<unknown> {
  if (typeof value === 'string') yield text
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      for (const changed of mutations(part, text)) yield value.with(index, changed)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      for (const changed of mutations(part, text)) yield { ...value, [name]: changed }
    }
    yield JSON.parse(
      `{${[...Object.entries(value), [text, 1]].map(([name, part]) => `${JSON.stringify(name)}:${JSON.stringify(part)}`).join(',')}}`,
    )
  }
}

describe('hostile text', () => {
  it.each(byName(ADMIN_ROUTES))('%s takes it as text or refuses it, in every field', async (_, route) => {
    const good = await sampleOf(route, team)
    for (const text of HOSTILE) {
      const samples: Sample[] = [
        ...[...mutations(good.params ?? {}, text)].map((params) => ({ ...good, params }) as Sample),
        ...[...mutations(good.query ?? {}, text)].map((query) => ({ ...good, query }) as Sample),
        ...(good.body === undefined ? [] : [...mutations(good.body, text)]).map(
          (body) => ({ ...good, body }) as Sample,
        ),
      ]
      for (const sample of samples) {
        const answer = await asked(route, { teamId: team.id, sample })
        expect([200, 201, 400, 401, 404, 409, 413]).toContain(answer.status)
        expect(answer.headers.get('x-evil')).toBeNull()
        if (answer.text !== '') expect(answer.headers.get('content-type')).toMatch(/^application\/(?:problem\+)?json/)
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect((await done('GET', `/teams/${team.id}`)).id).toBe(team.id)
  })

  it.each(byName(ADMIN_ROUTES.filter(({ hasBody }) => hasBody)))('%s is not polluted by a body', async (_, route) => {
    const good = await sampleOf(route, team)
    const bodies = [
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      `${JSON.stringify(good.body).slice(0, -1)},"__proto__":{"polluted":true,"isOperator":true}}`,
    ]
    for (const body of bodies) {
      const answer = await ask(route.method, pathOf(route, team.id, good), { body })
      expect([200, 201, 400, 401, 409]).toContain(answer.status)
      expect(answer.text).not.toContain('polluted')
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
  })

  it.each(byName(ADMIN_ROUTES.filter(({ hasBody, signIn }) => hasBody && signIn === undefined)))(
    '%s refuses what is no JSON, no object, or too much',
    async (_, route) => {
      const path = pathOf(route, team.id, await sampleOf(route, team))
      const bodies: [string, number][] = [
        ['{"name":', 400],
        ['[]', 400],
        ['"text"', 400],
        [`{"x":"${'x'.repeat(300_000)}"}`, 413],
        [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 400],
      ]
      for (const [body, status] of bodies) {
        const answer = await ask(route.method, path, { body })
        expect(answer.status).toBe(status)
        expect(answer.json()).toMatchObject({ status, instance: expect.stringMatching(/^req_/) })
      }
    },
  )
})

describe('the OpenAPI document', () => {
  interface Document {
    readonly openapi: string
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
  }
  let document: Document

  beforeAll(async () => {
    document = (await ask('GET', '/openapi.json', { token: null })).json() as Document
  })

  it('has every route of the admin API, and every other one of the Worker', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = createApp()
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`)
    const admin = ADMIN_ROUTES.map(({ method, path }) => `${method} /admin/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(described.toSorted()).toEqual([...new Set([...served, ...admin])].sort())
  })

  it('names every operation once', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })
})

/** Runs last: everything above has been said, written and stored by now. */
describe('secrets', () => {
  const told = (text: string): string[] => [...secrets].filter((secret) => text.includes(secret))

  it('were really made', () => {
    expect([...secrets].filter((secret) => /^hg_|^hga_/.test(secret)).length).toBeGreaterThan(10)
    expect(problems.length).toBeGreaterThan(500)
  })

  it('are in no log line and no error', () => {
    expect(told(written.join('\n'))).toEqual([])
    expect(told(problems.join('\n'))).toEqual([])
  })

  it('are in no row of any table', async () => {
    const tables = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_cf\\_%' ESCAPE '\\'`,
    ).all<{ name: string }>()
    expect(tables.results.map(({ name }) => name)).toEqual(expect.arrayContaining(['audit_log', 'idempotency_keys']))
    for (const { name } of tables.results) {
      const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
      expect(told(JSON.stringify(results))).toEqual([])
      if (name === 'audit_log') expect(JSON.stringify(results)).not.toMatch(/[0-9a-f]{54}|hga?_[0-9a-z]{20}/)
    }
  })

  it('are in no example of the documentation', async () => {
    const { text, headers } = await ask('GET', '/openapi.json', { token: null })
    expect(headers.get('content-type')).toBe('application/json')
    expect(text).not.toMatch(/hga?_[0-9a-z]{8}/)
    expect(told(text)).toEqual([])
  })
})
