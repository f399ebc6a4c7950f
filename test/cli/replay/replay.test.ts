import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReplayReport } from '../../../src/core/replay/replay-report.ts'
import { decisionSession } from '../../core/replay/decision-row.ts'
import { answer, toolResult, typed } from '../../core/replay/transcript-lines.ts'
import { runTool, type Finished } from './run-replay.ts'

let folder: string
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}
const lines = (...values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const replay = (...args: string[]): Promise<Finished> => runTool('replay.ts', [...args, '--priced-at', '2026-11-01'])
const reportOf = async (...args: string[]): Promise<ReplayReport & { assumptions: string[] }> => {
  const { code, stdout, stderr } = await replay(...args, '--json', '--resamples', '50')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout) as ReplayReport & { assumptions: string[] }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-replay-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rows = [
  ...decisionSession('s1', 6),
  ...decisionSession('s2', 4, { reasons: ['out_of_scope'], requested_model: 'claude-opus-4-6' }),
]

describe('replay of a decision log', () => {
  it('reads an export, row by row or page by page', async () => {
    const byRow = await reportOf(file('rows.ndjson', lines(...rows)), '--catalog', 'reference')
    const byPage = await reportOf(
      file('pages.ndjson', lines({ decisions: rows, nextCursor: null })),
      '--catalog',
      'reference',
    )
    expect(byPage.tables).toEqual(byRow.tables)
    expect(byRow).toMatchObject({ sessions: 2, calls: 10 })
    expect(byRow.tables[0]?.rows.map(({ name }) => name)).toEqual([
      'all to the top tier',
      'as recorded',
      'default',
      'best possible, future known',
    ])
    expect(byRow.scope[0]).toMatchObject({ name: 'as recorded', routed: { calls: 6 }, control: { calls: 4 } })
  })

  it('reads the database of a local gateway', async () => {
    const path = join(folder, 'state/v3/d1/db.sqlite')
    mkdirSync(join(path, '..'), { recursive: true })
    const database = new DatabaseSync(path)
    const names = Object.keys(rows[0] ?? {})
    database.exec(`CREATE TABLE decisions (${names.join(', ')})`)
    const insert = database.prepare(`INSERT INTO decisions VALUES (${names.map(() => '?').join(', ')})`)
    for (const row of rows) {
      insert.run(
        ...names.map((name) => {
          const value = row[name]
          if (typeof value === 'boolean') return Number(value)
          return Array.isArray(value) ? JSON.stringify(value) : (value as string | number | null)
        }),
      )
    }
    database.close()
    const local = await reportOf('--persist', join(folder, 'state'), '--catalog', 'reference')
    const exported = await reportOf(file('rows.ndjson', lines(...rows)), '--catalog', 'reference')
    expect(local.tables).toEqual(exported.tables)
  })

  it('compares several policies, by name and by file', async () => {
    const own = file(
      'cheap.json',
      JSON.stringify({ schema: 1, taskTiers: { bug_fix: 1 }, growth: { measure: 'none' } }),
    )
    const path = file('rows.ndjson', lines(...rows))
    const { tables } = await reportOf(
      path,
      '--catalog',
      'reference',
      '--policy',
      'default',
      '--policy',
      'literal',
      '--policy',
      own,
    )
    const cost = (name: string): number => tables[0]?.rows.find((row) => row.name === name)?.costNano ?? Number.NaN
    expect(cost('cheap')).toBeLessThan(cost('default'))
    expect(cost('literal')).toBeGreaterThanOrEqual(cost('default'))
  })

  it('takes policies as JSON, and tells apart those that are shown alike', async () => {
    const path = file('rows.ndjson', lines(...rows))
    const tiers = (tier: number): string =>
      JSON.stringify({ growth: { measure: 'none' }, taskTiers: { general: 2, bug_fix: tier } })
    const args = [tiers(1), tiers(3)].flatMap((json) => ['--policy', json])
    const { tables } = await reportOf(path, '--catalog', 'reference', '--no-best', ...args)
    const policies = tables[0]?.rows.filter(({ kind }) => kind === 'policy') ?? []
    expect(policies.map(({ name }) => name)).toEqual([
      '{"growth":{"measure":"none"},"taskTie...',
      '{"growth":{"measure":"none"},"taskTie... (2)',
    ])
    expect(policies[0]?.costNano).toBeLessThan(policies[1]?.costNano ?? 0)
  })

  it('keeps to the days asked for', async () => {
    const path = file('rows.ndjson', lines(...rows, ...decisionSession('s3', 2, { at: Date.UTC(2026, 9, 1) })))
    expect((await reportOf(path, '--since', '2026-11-01')).calls).toBe(10)
    expect((await reportOf(path, '--until', '2026-11-01')).calls).toBe(2)
  })

  it('prints a table, and the groups asked for', async () => {
    const path = file('rows.ndjson', lines(...rows))
    const { stdout, code } = await replay(path, '--catalog', 'reference', '--by', 'scope', '--by', 'task')
    expect(code).toBe(0)
    expect(stdout).toMatch(/2 sessions, 2 threads, 10 calls/)
    expect(stdout).toMatch(/default +0\.\d{4} +\d+\.\d% \(/)
    expect(stdout).toMatch(
      /default: 10 of 10 calls go where the log has them, for 0\.\d{4} USD \(0\.\d{4} in the log\)/,
    )
    expect(stdout).toMatch(/as recorded: routing saved -?\d+\.\d% \(/)
    expect(stdout).toMatch(/By task\n/)
    expect(stdout).toMatch(/of it by routing .* by caching .* by batch /)
  })
})

describe('replay of a running gateway', () => {
  let server: Server
  let url: string
  const asked: string[] = []
  beforeAll(async () => {
    server = createServer((request, response) => {
      const address = new URL(request.url ?? '', 'http://gateway')
      asked.push(address.search)
      if (request.headers.authorization !== 'Bearer admin') return void response.writeHead(401).end('{}')
      const start = Number(address.searchParams.get('cursor')?.split('_')[0] ?? 0)
      const newest = rows.toReversed()
      const nextCursor = start + 4 < newest.length ? `${start + 4}_x` : null
      response.end(JSON.stringify({ decisions: newest.slice(start, start + 4), nextCursor }))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  it('reads its log page by page', async () => {
    const remote = await reportOf('--url', url, '--token', 'admin', '--catalog', 'reference')
    const exported = await reportOf(file('rows.ndjson', lines(...rows)), '--catalog', 'reference')
    expect(remote.tables).toEqual(exported.tables)
    expect(asked.filter((search) => search.includes('cursor='))).toHaveLength(2)
  })

  it('says so where it may not, or cannot', async () => {
    expect((await replay('--url', url, '--token', 'wrong')).stderr).toBe(`${url} refuses the admin token.\n`)
    expect((await replay('--url', 'http://127.0.0.1:9')).stderr).toMatch(/--url needs --token/)
    expect((await replay('--url', 'http://127.0.0.1:9', '--token', 'x')).stderr).toMatch(/^No gateway answers at /)
  })
})

describe('replay of transcripts', () => {
  const main = lines(
    typed('Add a docstring to the parse function', 0),
    answer({ id: 'msg_1', at: 1_000, write5m: 40_000 }),
    toolResult(2_000, false),
    answer({ id: 'msg_2', at: 3_000, read: 40_000, write5m: 800 }),
  )
  const agent = lines(
    typed('Search the repository', 1_500, { isSidechain: true, agentId: 'a1' }),
    answer({ id: 'msg_3', at: 2_000, write5m: 12_000, more: { isSidechain: true, agentId: 'a1' } }),
  )

  it('reads a folder of projects, sub-agents in files of their own, and a half-written line', async () => {
    file('projects/-home-dev-shop/5f2c8d9e-0000-4000-8000-000000000001.jsonl', `${main}{"type":"assis`)
    file('projects/-home-dev-shop/5f2c8d9e-0000-4000-8000-000000000001/subagents/agent-a1.jsonl', agent)
    file('projects/-home-dev-site/s2.jsonl', main.replaceAll('msg_', 'other_'))
    const { sessions, calls, subagentCalls, tables, assumptions } = await reportOf(
      join(folder, 'projects'),
      '--catalog',
      'reference',
      '--requested',
      'auto',
    )
    expect({ calls, subagentCalls }).toEqual({ calls: 5, subagentCalls: 1 })
    expect(sessions).toBe(2)
    expect(tables.map(({ of }) => of)).toEqual(['all', 'main', 'subagents'])
    const [top, recorded, own] = tables[1]?.rows ?? []
    expect(recorded?.name).toBe('as recorded')
    expect(recorded?.costNano).toBeCloseTo(top?.costNano ?? 0, -7)
    expect(own?.ofTop.ratio).toBeLessThan(0.3)
    expect(assumptions.join()).toContain('1 lines are no JSON')
  })

  it('reads one file', async () => {
    expect((await reportOf(file('s1.jsonl', main))).calls).toBe(2)
  })
})

describe('replay of sessions without text', () => {
  const header = {
    call_fields: (
      'dt_s model input cache_read cache_write_5m cache_write_1h output_logged output_chars starts_human_turn ' +
      'tool_result_chars_before tool_errors_before after_compaction tools'
    ).split(' '),
    tools: ['Bash', 'Edit'],
  }
  const session = (id: string, calls: number): unknown => ({
    id,
    calls: Array.from({ length: calls }, (_, index) => [
      5,
      0,
      4,
      index === 0 ? 0 : 40_000,
      index === 0 ? 40_000 : 900,
      0,
      200,
      700,
      index % 5 === 0 ? 1 : 0,
      0,
      0,
      0,
      [1],
    ]),
  })

  it('draws what the turns needed, and says so', async () => {
    const path = file('sessions.jsonl.gz', gzipSync(lines(header, session('a', 30), session('b', 12), session('c', 2))))
    const easy = await reportOf(path, '--catalog', 'reference', '--mix', '100/0/0', '--policy', 'no-growth')
    expect(easy).toMatchObject({ sessions: 2, calls: 42 })
    expect(easy.assumptions.join()).toContain('100 / 0 / 0 easy / medium / hard, mean of 5 draws')
    const hard = await reportOf(path, '--catalog', 'reference', '--mix', '0/0/100', '--policy', 'no-growth')
    const share = (report: ReplayReport): number => report.tables[0]?.rows[1]?.ofTop.ratio ?? Number.NaN
    expect(share(easy)).toBeCloseTo(0.2, 2)
    expect(share(hard)).toBe(1)
    const mixed = await reportOf(path, '--catalog', 'reference', '--policy', 'no-growth')
    expect(mixed.tables).toEqual((await reportOf(path, '--catalog', 'reference', '--policy', 'no-growth')).tables)
    expect(share(mixed)).toBeGreaterThan(0.2)
    const page = join(folder, 'drawn.html')
    await replay(path, '--no-best', '--html', page)
    const html = readFileSync(page, 'utf8')
    // Drawn work has no tasks, and a column without numbers is left out.
    expect(html).not.toMatch(/By task|of the best/)
  })
})

describe('the page', () => {
  it('has the plots and the numbers, loads nothing and runs nothing', async () => {
    const page = join(folder, 'report.html')
    const path = file('<rows> & more.ndjson', lines(...rows))
    const { code } = await replay(path, '--catalog', 'reference', '--html', page)
    expect(code).toBe(0)
    const html = readFileSync(page, 'utf8')
    expect(html.match(/<svg /g)).toHaveLength(3)
    expect(html).toContain('prefers-color-scheme: dark')
    expect(html).toContain('&lt;rows&gt; &amp; more.ndjson')
    expect(html).not.toMatch(/<script|<link|<img|https?:|url\(|@import|NaN|undefined/)
    expect(html).toContain('What the log says was saved')
    expect(html).toContain('By task')
    // A plot that is wider than the screen is scrolled, as a table is.
    expect(html.match(/<div class="scroll"><svg /g)).toHaveLength(3)
  })
})

describe('what cannot be replayed', () => {
  it.each([
    ['nothing', [], /^What shall be replayed\? /],
    ['a missing path', ['/nowhere/log.ndjson'], /^There is nothing at \/nowhere\/log\.ndjson\.\n$/],
    ['two sources', ['a.ndjson', '--persist', 'x'], /exclude each other/],
    ['an unknown flag', ['--polcy', 'default'], /^Unknown option '--polcy'/],
    ['an unknown group', ['x', '--by', 'model'], /^--by takes task or scope, not "model"\.\n$/],
    ['a mix that adds up to something else', ['x', '--mix', '60/25/25'], /^--mix takes three shares/],
    ['a bad day', ['x', '--since', 'yesterday'], /^--since takes a day such as/],
    ['a folder without state', ['--persist', '/nowhere'], /^There is no state folder at \/nowhere\.\n$/],
  ] as const)('%s', async (_name, args, expected) => {
    const { code, stderr, stdout } = await runTool('replay.ts', args)
    expect(stderr).toMatch(expected)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it.each([
    ['an empty file', 'empty.ndjson', '', /is empty\.\n$/],
    ['a file that is no JSON', 'words.ndjson', 'hello\n', /line 1, is not JSON\.\n$/],
    ['a row that is none', 'odd.ndjson', '{"id":"x"}\n', /line 1, is no decision: at: /],
    [
      'a log without usage',
      'unused.ndjson',
      lines(...decisionSession('s', 1, { cache_write_short_tokens: 0 })),
      /1 decisions without usage/,
    ],
    ['a gzip that is none', 'broken.jsonl.gz', 'hello\n', /cannot be read/],
    [
      'sessions with a field missing',
      'fields.jsonl',
      '{"call_fields":["dt_s"],"tools":[]}\n',
      /the header names no field/,
    ],
  ])('%s', async (_name, name, text, expected) => {
    const { code, stderr } = await replay(file(name, text))
    expect(stderr).toMatch(expected)
    expect(code).toBe(1)
  })

  it('a folder that holds nothing of it', async () => {
    mkdirSync(join(folder, 'hollow/v3'), { recursive: true })
    expect((await replay(join(folder, 'hollow'))).stderr).toMatch(/holds no \.jsonl file/)
    expect((await replay('--persist', join(folder, 'hollow'))).stderr).toMatch(/holds no decision log/)
  })

  it('a policy that is none', async () => {
    const path = file('rows.ndjson', lines(...rows))
    const bad = file('bad.json', '{"schema":1,"growth":{"tier2At":-1}}')
    expect((await replay(path, '--policy', 'cheapest')).stderr).toMatch(
      /^--policy takes default, literal, no-growth, a file, or JSON such as .*; there is no file "cheapest"\.\n$/,
    )
    expect((await replay(path, '--policy', bad)).stderr).toMatch(/growth\.tier2At/)
    expect((await replay(path, '--policy', 'default', '--policy', 'default')).stderr).toMatch(/given twice/)
    expect((await replay(path, '--policy', '{"rules": }')).stderr).toBe(
      'The policy {"rules": } is not a JSON object.\n',
    )
    expect((await replay(path, '--policy', '{"nothing": 1}')).stderr).toMatch(
      /^The policy "\{"nothing": 1\}": .*nothing/,
    )
  })
})
