/** Asks the Worker as clients of the admin API do, and makes what there is to ask about. */
import { applyD1Migrations, createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import worker from '../../../src/index.ts'
import type { Role } from '../../../src/http/admin/actor.ts'

/** Of the test configuration. */
export const OPERATOR_TOKEN = 'admin-token-of-the-tests'

export async function migrate(): Promise<void> {
  await applyD1Migrations(
    env.DB,
    (env as unknown as { TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1] }).TEST_MIGRATIONS,
  )
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  json(): any
}

export interface Asking {
  readonly body?: unknown
  /** null: none is sent. */
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** In the place of the test's bindings. */
  readonly env?: typeof env
  /** What the runtime tells of a request that Cloudflare Access let through. */
  readonly access?: { readonly aud: string; getIdentity(): Promise<{ email?: string } | undefined> }
}

/** A string body is sent as it is, anything else as JSON. */
export async function ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
  const { body, token = OPERATOR_TOKEN, headers = {} } = asking
  const request = new Request(`https://gateway.test${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const context = createExecutionContext()
  if (asking.access !== undefined) Object.defineProperty(context, 'access', { value: asking.access })
  const answer = await worker.fetch(request as never, asking.env ?? env, context)
  const text = await answer.text()
  await waitOnExecutionContext(context)
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) }
}

/** Asks the admin API, and throws where it does not do what it is asked. */
export async function done(method: string, path: string, asking: Asking = {}) {
  const answer = await ask(method, `/admin/v1${path}`, asking)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.text === '' ? null : answer.json()
}

export interface TeamOfTest {
  readonly id: string
  /** Tokens by role; the member's is Mia's. */
  readonly tokens: Readonly<Record<Role, string>>
  readonly mia: string
}

let teams = 0

/** A team with a token of each role. */
export async function newTeam(): Promise<TeamOfTest> {
  teams += 1
  const { id } = await done('POST', '/teams', { body: { name: `Team ${teams}` } })
  const mia = `mia.${teams}@example.com`
  const token = async (role: Role): Promise<string> => {
    const body = { name: `an ${role}`, role, ...(role === 'member' ? { email: mia } : {}) }
    return (await done('POST', `/teams/${id}/tokens`, { body })).token
  }
  const [owner, admin, member, auditor] = await Promise.all(
    (['owner', 'admin', 'member', 'auditor'] as const).map(token),
  )
  return { id, mia, tokens: { owner: owner!, admin: admin!, member: member!, auditor: auditor! } }
}
