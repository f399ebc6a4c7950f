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
    documentField: undefined,
    done: undefined,
    ifNone: undefined,
    removes: false,
    problemsOf: (what, value) => (what === 'body' ? body : query)?.safeParse(value).error?.issues ?? [],
    ...more,
  }
}

const MAKE = command({
  body: z.strictObject({
    name: z.string().min(1).max(20).meta({ description: 'What it is called.' }),
    highestTier: z.union([z.literal(1), z.literal(2)]).default(2),
    limitUsd: z.number().positive().optional(),
    mode: z.enum(['hard', 'soft']).optional(),
    loud: z.boolean().default(false),
    expiresAt: time.nullable().optional(),
    models: z.array(z.string()).nullable().optional(),
    shares: z.array(z.number()).optional(),
    tags: z.record(z.string().regex(/^[a-z]+$/, 'is no name of a tag'), z.string()).optional(),
    limits: z.strictObject({ perMinute: z.int().nullable().optional(), streams: z.int().optional() }).optional(),
    policy: z.looseObject({}).optional(),
    mail: z.email().optional(),
    even: z
      .int()
      .refine((count) => count % 2 === 0, 'must be even')
      .optional(),
    words: z.string().regex(/^\w+$/, 'must be one word').optional(),
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

  it('of a change name something to change', () => {
    const change = command({ method: 'PATCH', body: z.strictObject({ name: z.string().optional() }) })
    expect(request(change, ['--name', 'x']).body).toEqual({ name: 'x' })
    expect(() => request(change, [])).toThrow(
      new AdminError('What is to change? "npm run admin -- things make --help" lists the flags.'),
    )
  })

  it('and names that are empty mean no other path', () => {
    const show = command({ method: 'GET', path: '/admin/v1/teams/:teamId/things/:thingId' })
    expect(() => request(show, [''])).toThrow(new AdminError('<thing-id> is empty.'))
    const team = new AdminError('Which team? Name it with --team, or in HEADGATE_TEAM.')
    expect(() => request(show, ['x', '--team', ''])).toThrow(team)
    const list = command({
      method: 'GET',
      path: '/admin/v1/things',
      query: z.strictObject({ teamId: z.string().optional() }),
    })
    expect(() => request(list, ['--team', ''])).toThrow(/^Which team/)
  })

  it.each([
    [['--highest-tier', '7'], '--highest-tier must be 1 or 2, not "7".'],
    [['--limit-usd', 'much'], '--limit-usd must be a number above 0, not "much".'],
    [['--limit-usd', '0'], '--limit-usd must be a number above 0, not "0".'],
    [['--mode', 'stern'], '--mode must be hard or soft, not "stern".'],
    [
      ['--expires-at', 'tomorrow'],
      '--expires-at must be a date such as 2026-11-27 or 2026-11-27T09:30Z, or none, not "tomorrow".',
    ],
    [
      ['--expires-at', '2027-02-30'],
      '--expires-at must be a date such as 2026-11-27 or 2026-11-27T09:30Z, or none, not "2027-02-30".',
    ],
    [
      ['--limit-usd', '-5'],
      'A value such as -5 is given as --limit-usd=-5. "npm run admin -- things make --help" lists the flags.',
    ],
    [['--name', 'x'.repeat(90)], `--name may have 20 characters at most, not "${'x'.repeat(80)}...".`],
    [['--even', '3'], '--even must be even, not 3.'],
    [['--tags', 'project'], '--tags must be name=value, JSON, or @file, not "project".'],
    [['--limits', 'perMinute=x'], '--limits perMinute must be a whole number, or none, not "x".'],
    [['--limits', '{"streams":"x"}'], '--limits streams must be a number, not "x".'],
    [['--policy', '{"a'], '--policy is not JSON.'],
    [['--policy', '@/nowhere/x'], '--policy: /nowhere/x cannot be read (ENOENT).'],
    [['--mode', 'hard', '--mode', 'soft'], '--mode is given twice.'],
    [['--mode', '--loud'], '--mode needs a value. "npm run admin -- things make --help" lists the flags.'],
    [['--mode'], '--mode needs a value. "npm run admin -- things make --help" lists the flags.'],
    [['--unknown'], `Unknown option '--unknown'. "npm run admin -- things make --help" lists the flags.`],
    [
      ['extra'],
      '"extra" is one value too many: "npm run admin -- things make" takes the rest as flags, which --help lists.',
    ],
    [['--name', ''], '--name must not be empty.'],
    [['--name', 'x'.repeat(30)], `--name may have 20 characters at most, not "${'x'.repeat(30)}".`],
    [['--limits', '{"more":1}'], '--limits takes no "more".'],
    [['--tags', 'UPPER=x'], '--tags UPPER is no name of a tag.'],
    [['--mail', 'ada'], '--mail must be an e-mail address, not "ada".'],
    [['--words', 'a b'], '--words must be one word, not "a b".'],
  ])('%j are refused in one sentence', (args, message) => {
    expect(() => bodyOf(...args)).toThrow(new AdminError(message))
  })

  it('that are needed are missed', () => {
    expect(() => request(MAKE, [])).toThrow(new AdminError('--name is needed.'))
    const asked = z.coerce.number().pipe(z.int().min(0))
    const query = z.strictObject({ from: asked, to: asked })
    const diff = command({ method: 'GET', query, changes: false })
    expect(() => request(diff, [])).toThrow(new AdminError('--from is needed.\n--to is needed.'))
    expect(() => request(diff, ['--from', '1', '--to', 'x'])).toThrow(new AdminError('--to must be a number, not "x".'))
  })
})

describe('a request', () => {
  const ROTATE = command({
    name: 'things rotate',
    path: '/admin/v1/teams/:teamId/things/:thingId/rotate',
    query: z.strictObject({
      all: z.stringbool().default(false).meta({ format: 'boolean' }),
      limit: z.coerce.number().optional(),
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
    expect(() => request(ROTATE, [])).toThrow('<thing-id> is needed: "npm run admin -- things rotate <thing-id>".')
  })

  it('takes a document from a file', () => {
    const set = command({ body: z.looseObject({ schema: z.literal(1) }), bodyIsDocument: true })
    writeFileSync(join(folder, 'good.json'), '{"schema":1,"x":2}')
    writeFileSync(join(folder, 'wrong.json'), '{"schema":2}')
    expect(request(set, ['--file', join(folder, 'good.json')]).body).toEqual({ schema: 1, x: 2 })
    expect(() => request(set, ['--file', join(folder, 'wrong.json')])).toThrow('schema must be 1, not 2.')
    expect(() => request(set, [])).toThrow('--file is needed')
  })

  it('takes a document that is a field of it from a file too, or as a flag', () => {
    const policy = z.looseObject({ schema: z.literal(1) })
    const run = command({ body: z.strictObject({ policy, limit: z.int().optional() }), documentField: 'policy' })
    writeFileSync(join(folder, 'good.json'), '{"schema":1,"x":2}')
    writeFileSync(join(folder, 'wrong.json'), '{"schema":2}')
    const wanted = { policy: { schema: 1, x: 2 }, limit: 5 }
    const path = join(folder, 'good.json')
    expect(request(run, ['--file', path, '--limit', '5']).body).toEqual(wanted)
    expect(request(run, ['--policy', `@${path}`, '--limit', '5']).body).toEqual(wanted)
    expect(request(run, ['--policy', '{"schema":1,"x":2}', '--limit', '5']).body).toEqual(wanted)
    expect(() => request(run, ['--limit', '5'])).toThrow('--file is needed')
    expect(() => request(run, ['--file', path, '--policy', '{}'])).toThrow('one of them is enough')
    expect(() => request(run, ['--file', join(folder, 'wrong.json')])).toThrow('schema must be 1, not 2.')
    expect(commandHelp(run)).toContain('things make --file PATH [flags]')
    expect(commandHelp(run)).not.toContain('--policy')
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
      '--limits: any of perMinute=..., streams=... (repeat the flag)',
      'npm run admin -- things make --name ... [flags]',
      '--url URL ',
    ]) {
      expect(help).toContain(text)
    }
  })
})

describe('a flag that has the name of a common one', () => {
  const help = commandHelp(command({ body: z.strictObject({ url: z.string() }) }))

  it('is listed once, and the help says how else the gateway is named', () => {
    expect(help.match(/^ {2}--url/gm)).toHaveLength(1)
    expect(help).toContain('HEADGATE_URL')
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
      'at (UTC)          id        cost  note',
      '2026-11-27 14:32  a       $12.34  x[2Jy',
      '1970-01-01 00:00  𝒷𝒷𝒷  $0.000001  -',
      '1970-01-01 00:00  c            -  -',
      'More: --cursor 5_c',
      '',
    ])
    expect(shownAnswer(list, { rows: [], nextCursor: null })).toBe('No rows.\n')
    expect(shownAnswer(list, { rows: [], nextCursor: '5_c' })).toBe('No rows so far.\nMore: --cursor 5_c\n')
  })

  it('that is one thing is lines, members of members among them, and says what is shown once', () => {
    const answer = z.strictObject({
      id: z.string(),
      bill: z.strictObject({ costNano: nano, share: z.number() }),
      key: z.string().nullable(),
    })
    const made = command({ answer, secrets: ['key'] })
    expect(shownAnswer(made, { id: 'x', bill: { costNano: 5e9, share: 0.5 }, key: 'hg_x' })).toBe(
      'id          x\nbill cost   $5.00\nbill share  0.5\nkey         hg_x\n\nKeep key now: it is shown this once.\n',
    )
    expect(shownAnswer(made, { id: 'x', bill: { costNano: 5e9, share: 0.5 }, key: null })).not.toContain('Keep')
    expect(shownAnswer(made, null)).toBe('Done.\n')
  })

  it('begins with what was done, and is nothing more where a thing is gone', () => {
    const answer = z.strictObject({ id: z.string(), name: z.string(), limitNano: nano, revokedAt: time.nullable() })
    const done = 'Revoked "{name}" ({id}, {limitNano}) from {revokedAt} on.'
    const value = { id: 'key_1', name: 'Ada\u001b[2J', limitNano: 5e9, revokedAt: Date.UTC(2026, 10, 27, 9, 5) }
    const sentence = 'Revoked "Ada[2J" (key_1, $5.00) from 2026-11-27 09:05 UTC on.\n'
    expect(shownAnswer(command({ answer, done, removes: true }), value)).toBe(sentence)
    expect(shownAnswer(command({ answer, done }), value)).toBe(
      `${sentence}\nid          key_1\nname        Ada[2J\nlimit       $5.00\nrevoked at  2026-11-27 09:05 UTC\n`,
    )
  })

  it('of nothing says so, and what to do', () => {
    const answer = z.strictObject({ from: time, calls: z.int() })
    const made = command({ answer, ifNone: { field: 'calls', words: 'No call from {from} on.' } })
    expect(shownAnswer(made, { from: 0, calls: 0 })).toBe('No call from 1970-01-01 00:00 UTC on.\n')
    expect(shownAnswer(made, { from: 0, calls: 2 })).toMatch(/^from +1970-01-01 00:00 UTC\ncalls +2\n$/)
  })

  it('shows a map as its flag takes it', () => {
    const perMinute = z.int().nullable()
    const answer = z.strictObject({ limits: z.strictObject({ perMinute, streams: perMinute }) })
    const of = (limits: object): string => shownAnswer(command({ answer }), { limits })
    expect(of({ perMinute: 60, streams: null })).toBe('limits  perMinute=60\n')
    expect(of({ perMinute: null, streams: null })).toBe('limits  -\n')
    const policy = z.strictObject({ policy: z.record(z.string(), z.unknown()) })
    expect(shownAnswer(command({ answer: policy }), { policy: { schema: 1 } })).toBe('policy  {"schema":1}\n')
  })
})
