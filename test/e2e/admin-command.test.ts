/** `npm run admin` against a started gateway, and the description of the API as the gateway serves it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { adminCommand } from '../support/admin-command.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

// Each command is a process that loads every route.
vi.setConfig({ testTimeout: 60_000 })

let gateway: TestGateway
let persist: string

beforeAll(async () => {
  persist = mkdtempSync(join(tmpdir(), 'headgate-admin-e2e-'))
  gateway = await startGateway({ persist })
})

afterAll(async () => {
  await gateway?.stop()
  rmSync(persist, { recursive: true, force: true })
})

/** The environment names gateway and token; the team is that of each command. */
function admin(...args: string[]) {
  const environment = { HEADGATE_URL: gateway.url, HEADGATE_ADMIN_TOKEN: gateway.adminToken }
  return adminCommand(args, { environment })
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await admin(...args, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Record<string, unknown>
}

describe('the admin command', () => {
  it('makes a team, a key that works, and a budget that caps it', async () => {
    const team = String((await json('teams', 'create', '--name', 'Payments', '--contact', '#ai'))['id'])
    const key = await json('keys', 'create', '--team', team, '--name', "Ada's laptop", '--tags', 'project=checkout')
    const call = () =>
      fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': String(key['key']), 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] }),
      })
    const answered = await call()
    expect(answered.status).toBe(200)
    await answered.text()

    const budget = await admin(
      'budgets',
      'set',
      '--team',
      team,
      '--scope',
      'team',
      '--period',
      'day',
      '--limit-usd',
      '0',
    )
    expect(budget).toMatchObject({ code: 0, err: '' })
    expect(budget.out).toMatch(/^limit +\$0\.00$/m)
    const refused = await call()
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(await refused.text()).toContain('#ai')

    const table = await admin('budgets', '--team', team)
    expect(table.out).toMatch(/^id +name +period +mode +limit +spent/)
    expect(table.out).toMatch(/^team:day +Payments +day +hard/m)
  })

  it('takes gateway, token and team from what npm start left, and documents from standard input', async () => {
    const local = (args: string[], input = '') => adminCommand([...args, '--persist', persist], { input })
    const me = await local(['me'])
    expect(me).toMatchObject({ code: 0, err: '' })
    expect(me.out).toMatch(/^operator +true$/m)
    const set = await local(['policy', 'set', '--file', '-'], '{"schema":1,"growth":{"measure":"none"}}')
    expect(set.out).toMatch(/^version +1$/m)
    expect((await local(['policy', 'diff', '--from', '0', '--to', '1'])).out).toMatch(/^growth +added/m)
    const wrong = await local(['policy', 'validate', '--file', '-'], '{"schema":1,"nothing":true}')
    expect(wrong).toMatchObject({ code: 1, err: '' })
    expect(wrong.out).toContain('has no "nothing"')
  })

  it('tells what became of what: a key that is revoked, a policy over no calls', async () => {
    const team = String((await json('teams', 'create', '--name', 'Told'))['id'])
    const key = await json('keys', 'create', '--team', team, '--name', "Ada's laptop")
    const revoked = await admin('keys', 'revoke', String(key['id']), '--team', team)
    expect(revoked).toMatchObject({ code: 0, err: '' })
    expect(revoked.out).toMatch(
      /^Revoked the key "Ada's laptop" \(key_\w+, hg_\w+\.\.\.\): no call with it is taken from \d{4}-.* UTC on\.\n$/,
    )
    const dryRun = await adminCommand(['policy', 'dry-run', '--file', '-', '--team', team], {
      environment: { HEADGATE_URL: gateway.url, HEADGATE_ADMIN_TOKEN: gateway.adminToken },
      input: '{"schema":1}',
    })
    expect(dryRun).toMatchObject({ code: 0, err: '' })
    expect(dryRun.out).toMatch(/^There is no call to replay from .* to .*\. --from and --to name another time\.\n$/)
  })

  it('says what is wrong, and with which exit code', async () => {
    const refused = await admin('keys', 'show', 'key_nothing', '--team', '0000000000000000')
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(/^There is no such team\. \(404, req_\w+\)\n$/)
    const nobody = await adminCommand(['teams', '--url', 'http://127.0.0.1:9', '--token', 'hga_secret'])
    expect(nobody).toMatchObject({ code: 3, out: '', err: 'No answer came from http://127.0.0.1:9.\n' })
    const tokenless = await adminCommand(['teams', '--persist', `${persist}-other`])
    expect(tokenless).toMatchObject({ code: 2, out: '' })
    expect(tokenless.err).toBe(
      'There is no token for http://127.0.0.1:8787: give one with --token or in HEADGATE_ADMIN_TOKEN, or name the state folder of a local gateway with --persist.\n',
    )
    const denied = await adminCommand(['teams', '--url', gateway.url, '--token', 'hga_secret'])
    expect(denied.code).toBe(1)
    expect(denied.err).not.toContain('hga_secret')
    expect((await adminCommand(['teams', '--url', gateway.url])).err).toContain('HEADGATE_ADMIN_TOKEN')
  })
})

describe('the description of the API', () => {
  it('is valid OpenAPI', async () => {
    const answer = await fetch(`${gateway.url}/openapi.json`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    const { valid, errors } = await new Validator().validate(
      (await answer.json()) as Parameters<Validator['validate']>[0],
    )
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
  })
})
