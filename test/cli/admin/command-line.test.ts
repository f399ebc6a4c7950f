/** A command line of the admin tool as the request it stands for, and an answer as a person sees it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { AdminError } from '../../../src/cli/admin/admin-error.ts'
import { findCommand, parseCommandLine } from '../../../src/cli/admin/command-line.ts'
import type { Command, FieldSchema } from '../../../src/cli/admin/command.ts'
import { commandHelp, overview } from '../../../src/cli/admin/help.ts'
import { requestOf } from '../../../src/cli/admin/request-of.ts'
import { shownAnswer } from '../../../src/cli/admin/shown-answer.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-admin-'))
afterAll(() => rmSync(folder, { recursive: true }))

const schemaOf = (schema: z.ZodType): FieldSchema => z.toJSONSchema(schema, { io: 'input' }) as FieldSchema
const time = z.int().meta({ format: 'epoch-ms' })
const nano = z.int().meta({ format: 'nano-dollars' })

interface Made extends Partial<Omit<Command, 'query' | 'body' | 'answer'>> {
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly answer?: z.ZodType
}

function command({ query = z.strictObject({}), body, answer = z.null(), ...more }: Made): Command {
  return {
    name: 'things make',
    method: 'POST',
    path: '/admin/v1/teams/:teamId/things',
    summary: 'Make a thing.',
    description: undefined,
    bodyIsDocument: false,
    columns: undefined,
    secrets: [],
    changes: true,
    signIn: 'admin',
    query: schemaOf(query),
    body: body === undefined ? null : schemaOf(body),
    answer: schemaOf(answer),
    problemsOf: (value) =>
      body?.safeParse(value).error?.issues.map(({ path, message }) => ({ path: path.join('.'), message })) ?? [],
    ...more,
  }
}

const MAKE = command({
  body: z.strictObject({
    name: z.string().min(1).meta({ description: 'What it is called.' }),
    highestTier: z.union([z.literal(1), z.literal(2)]).default(2),
    limitUsd: z.number().optional(),
    mode: z.enum(['hard', 'soft']).optional(),
    loud: z.boolean().default(false),
    expiresAt: time.nullable().optional(),
    models: z.array(z.string()).nullable().optional(),
    shares: z.array(z.number()).optional(),
    tags: z.record(z.string(), z.string()).optional(),
    limits: z.strictObject({ perMinute: z.int().nullable().optional(), streams: z.int().optional() }).optional(),
    policy: z.looseObject({}).optional(),
  }),
})

function request(made: Command, args: readonly string[], team: string | null = 'team1') {
  return requestOf(made, parseCommandLine(made, args), team)
}

const bodyOf = (...args: string[]): unknown =>
  request(MAKE, args.includes('--name') ? args : ['--name', 'x', ...args]).body

describe('flags', () => {
  it('become values of the kind that the field has', () => {
    expect(bodyOf('--highest-tier', '1', '--limit-usd', '2.50', '--mode', 'soft', '--loud')).toEqual({
      name: 'x',
      highestTier: 1,
      limitUsd: 2.5,
      mode: 'soft',
      loud: true,
    })
    expect(bodyOf('--models', 'a', '--models', 'b,c', '--shares', '0.5')).toMatchObject({
      models: ['a', 'b,c'],
      shares: [0.5],
    })
    expect(bodyOf('--expires-at', '2027-01-01')).toMatchObject({ expiresAt: Date.UTC(2027, 0, 1) })
    expect(bodyOf('--expires-at', '1700000000000', '--models', 'none')).toMatchObject({
      expiresAt: 1_700_000_000_000,
      models: null,
    })
    expect(bodyOf('--expires-at', 'null')).toMatchObject({ expiresAt: null })
  })

  it('with maps take pairs, JSON, or a file', () => {
    expect(bodyOf('--tags', 'project=a=b', '--tags', 'environment=17')).toMatchObject({
      tags: { project: 'a=b', environment: '17' },
    })
    expect(bodyOf('--limits', 'perMinute=60', '--limits', 'streams=4')).toMatchObject({
      limits: { perMinute: 60, streams: 4 },
    })
    expect(bodyOf('--limits', '{"perMinute":null}')).toMatchObject({ limits: { perMinute: null } })
    writeFileSync(join(folder, 'policy.json'), '{"schema":1}')
    expect(bodyOf('--policy', `@${join(folder, 'policy.json')}`)).toMatchObject({ policy: { schema: 1 } })
  })

  it.each([
    [['--highest-tier', '7'], '--highest-tier takes 1 or 2, not "7".'],
    [['--limit-usd', 'much'], '--limit-usd takes a number, not "much".'],
    [['--mode', 'stern'], '--mode takes hard, soft, not "stern".'],
    [['--expires-at', 'tomorrow'], '--expires-at takes a date or none, not "tomorrow".'],
    [['--tags', 'project'], '--tags takes name=value, JSON, or @file, not "project".'],
    [['--limits', 'perMinute=x'], '--limits takes a whole number or none, not "x".'],
    [['--policy', '{"a'], '--policy is not JSON.'],
    [['--policy', '@/nowhere/x'], '--policy: /nowhere/x cannot be read (ENOENT).'],
    [['--mode', 'hard', '--mode', 'soft'], '--mode is given twice.'],
    [['--unknown'], `Unknown option '--unknown'. "npm run admin -- things make --help" lists the flags.`],
    [
      ['extra'],
      '"extra" is one value too many: "npm run admin -- things make" takes the rest as flags, which --help lists.',
    ],
    [['--name', ''], '--name: Too small: expected string to have >=1 characters'],
    [['--limits', '{"more":1}'], '--limits: Unrecognized key: "more"'],
  ])('%j are refused in one sentence', (args, message) => {
    expect(() => bodyOf(...args)).toThrow(new AdminError(message))
  })

  it('that are needed are missed', () => {
    expect(() => request(MAKE, [])).toThrow('--name: ')
    const diff = command({ method: 'GET', query: z.strictObject({ from: z.number() }), changes: false })
    expect(() => request(diff, [])).toThrow('--from is missing.')
  })
})

describe('a request', () => {
  const ROTATE = command({
    name: 'things rotate',
    path: '/admin/v1/teams/:teamId/things/:thingId/rotate',
    query: z.strictObject({
      all: z.stringbool().default(false).meta({ format: 'boolean' }),
      limit: z.number().optional(),
    }),
  })

  it('has its path, its query, and a key so that it is done once', () => {
    const made = request(ROTATE, ['a/b?c', '--team', 'team 2', '--limit', '5', '--all'])
    expect(made).toMatchObject({
      method: 'POST',
      path: '/admin/v1/teams/team%202/things/a%2Fb%3Fc/rotate?all=true&limit=5',
      body: undefined,
    })
    expect(made.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/)
    expect(request(ROTATE, ['x', '--idempotency-key', 'mine']).idempotencyKey).toBe('mine')
    expect(request({ ...ROTATE, changes: false }, ['x']).idempotencyKey).toBeNull()
  })

  it('needs its team and its parameters', () => {
    expect(() => request(ROTATE, ['x'], null)).toThrow('Which team?')
    expect(() => request(ROTATE, [])).toThrow('Something is missing: "npm run admin -- things rotate <thing-id>".')
  })

  it('takes a document from a file', () => {
    const set = command({ body: z.looseObject({ schema: z.literal(1) }), bodyIsDocument: true })
    writeFileSync(join(folder, 'good.json'), '{"schema":1,"x":2}')
    writeFileSync(join(folder, 'wrong.json'), '{"schema":2}')
    expect(request(set, ['--file', join(folder, 'good.json')]).body).toEqual({ schema: 1, x: 2 })
    expect(() => request(set, ['--file', join(folder, 'wrong.json')])).toThrow('schema: ')
    expect(() => request(set, [])).toThrow('--file')
  })
})

describe('commands', () => {
  const all = [MAKE, command({ name: 'things list' }), command({ name: 'me show' })]

  it('are found by group and verb; a group alone is its list or its show', () => {
    expect(findCommand(['things', 'make', '--x'], all)).toEqual({ command: all[0], rest: ['--x'] })
    expect(findCommand(['things', '--json'], all)).toEqual({ command: all[1], rest: ['--json'] })
    expect(findCommand(['me'], all)).toEqual({ command: all[2], rest: [] })
    expect(findCommand([], all)).toBeNull()
    expect(() => findCommand(['things', 'break'], all)).toThrow('"things" takes one of make, list.')
    expect(() => findCommand(['nothing'], all)).toThrow('There is no command "nothing".')
    expect(() => findCommand(['--json', 'things'], all)).toThrow('The command comes before its flags')
  })

  it('are all in the help, each with its flags', () => {
    for (const { name } of all) expect(overview(all)).toContain(name)
    const help = commandHelp(MAKE)
    for (const text of [
      '--name: text (needed)',
      'What it is called.',
      '--highest-tier: 1 or 2 (2 if absent)',
      '--loud\n',
    ]) {
      expect(help).toContain(text)
    }
  })
})

describe('an answer', () => {
  const row = z.strictObject({ id: z.string(), at: time, costNano: nano.nullable(), note: z.string().nullable() })
  const list = command({
    answer: z.strictObject({ rows: z.array(row), nextCursor: z.string().nullable() }),
    columns: ['at', 'id', 'costNano', 'note'],
  })

  it('that is a list is a table: times as times, money as dollars, nothing that moves a cursor', () => {
    const rows = [
      { id: 'a', at: Date.UTC(2026, 10, 27, 14, 32), costNano: 12_340_000_000, note: 'x\u001b[2J\ny\u202e' },
      { id: '𝒷𝒷𝒷', at: 0, costNano: 1_000, note: null },
      { id: 'c', at: 0, costNano: null, note: '-' },
    ]
    expect(shownAnswer(list, { rows, nextCursor: '5_c' }).split('\n')).toEqual([
      'at                id        cost  note',
      '2026-11-27 14:32  a       $12.34  x[2Jy',
      '1970-01-01 00:00  𝒷𝒷𝒷  $0.000001  -',
      '1970-01-01 00:00  c            -  -',
      'More: --cursor 5_c',
      '',
    ])
    expect(shownAnswer(list, { rows: [], nextCursor: null })).toBe('No rows.\n')
  })

  it('that is one thing is lines, members of members among them, and says what is shown once', () => {
    const answer = z.strictObject({
      id: z.string(),
      limits: z.strictObject({ a: z.int() }),
      key: z.string().nullable(),
    })
    const made = command({ answer, secrets: ['key'] })
    expect(shownAnswer(made, { id: 'x', limits: { a: 5 }, key: 'hg_x' })).toBe(
      'id        x\nlimits.a  5\nkey       hg_x\n\nKeep key now: it is shown this once.\n',
    )
    expect(shownAnswer(made, { id: 'x', limits: { a: 5 }, key: null })).not.toContain('Keep')
    expect(shownAnswer(made, null)).toBe('Done.\n')
  })
})
