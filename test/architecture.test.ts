/** Who may import whom: the directions that keep the core pure and the shells thin. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Import {
  /** Path from the repository's root. */
  readonly from: string
  /** Path from the repository's root, or a package's name. */
  readonly to: string
  readonly typeOnly: boolean
  /** Loaded when the line runs, not when the isolate starts. */
  readonly lazy: boolean
}

/** What a room may import besides itself. A room is a folder of `src`, or a file right under it. */
interface Room {
  /** Rooms. */
  readonly rooms: readonly string[]
  /** Rooms or single files whose types it may name, without running their code. */
  readonly types?: readonly string[]
  /** Packages; `node:` stands for every module of Node. */
  readonly packages: readonly string[]
}

/** Ports are interfaces of the gateway that the shells fill in. */
const PORTS = 'src/gateway/ports.ts'

const ROOMS: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: ['zod'] },
  gateway: { rooms: ['core'], packages: ['zod'] },
  // The app mounts the admin routes; only those may reach the store.
  http: { rooms: ['http/admin', 'gateway', 'core', 'security'], types: ['compose.ts'], packages: ['hono', 'zod'] },
  'http/admin': {
    rooms: ['http', 'gateway', 'core', 'security', 'store'],
    types: ['compose.ts'],
    packages: ['hono', 'zod'],
  },
  providers: { rooms: ['core'], types: [PORTS, 'config.ts'], packages: [] },
  objects: { rooms: ['core'], types: [PORTS], packages: ['cloudflare:workers'] },
  store: { rooms: ['core'], types: [PORTS], packages: [] },
  // A batch of decisions is written through the store, which alone knows the tables.
  decisions: { rooms: ['core', 'store'], types: [PORTS], packages: [] },
  // How far an alert has come is state in D1, and an address is opened where it is sent to.
  alerts: { rooms: ['core', 'store', 'security'], types: [PORTS], packages: [] },
  security: { rooms: ['core'], packages: ['jose'] },
  cli: { rooms: ['core'], packages: ['node:', 'miniflare', 'wrangler', 'zod', '@pydantic/genai-prices'] },
  dashboard: { rooms: [], types: ['core'], packages: ['preact', 'uplot'] },
  'config.ts': { rooms: ['core'], packages: ['zod'] },
  'scheduled.ts': { rooms: ['core', 'store', 'alerts'], types: ['config.ts'], packages: [] },
}

/** The two files that know every room. */
const EVERYWHERE = new Set(['compose.ts', 'index.ts'])

/** Imports that break a rule for a reason; each must exist, so that the list cannot outlive its use. */
const EXCEPTIONS: readonly { readonly from: string; readonly to: string; readonly reason: string }[] = [
  ...['define-route', 'openapi', 'routes'].map((name) => ({
    from: 'src/cli/admin/commands.ts',
    to: `src/http/admin/${name}.ts`,
    reason: "the command line is made from the routes' own schemas, so that no field is listed twice",
  })),
  {
    from: 'src/http/middleware/request-context.ts',
    to: 'src/compose.ts',
    reason: 'each request is handed the ports, which are composed from its env',
  },
]

const root = join(import.meta.dirname, '..')

/** Blanks comments, so that an import shown in one does not count. */
function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

function importsOf(path: string, source: string): readonly Import[] {
  const found: Import[] = []
  const add = (specifier: string, typeOnly: boolean, lazy = false): void => {
    const to = specifier.startsWith('.')
      ? normalize(join(dirname(path), specifier))
          .split(sep)
          .join('/')
      : specifier
    found.push({ from: path, to, typeOnly, lazy })
  }
  const text = withoutComments(source)
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?([^'"`;]*?)\sfrom\s*['"]([^'"]+)['"]/gm)) {
    const names = (match[2] ?? '').trim()
    const inner = /^\{([\s\S]*)\}$/.exec(names)?.[1]
    const parts = inner?.split(',').filter((part) => part.trim() !== '')
    const allTypes = parts !== undefined && parts.every((part) => part.trim().startsWith('type '))
    add(match[3] ?? '', match[1] !== undefined || allTypes)
  }
  for (const match of text.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)) add(match[1] ?? '', false)
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) add(match[1] ?? '', false, true)
  return found
}

/** `src/http/admin/keys.ts` -> `http/admin`; `src/core/chat/usage.ts` -> `core`; `src/index.ts` -> `index.ts`. */
function roomOf(path: string): string {
  const [top = '', room = '', inner = ''] = path.split('/')
  if (top !== 'src') return `outside src: ${top}`
  return room === 'http' && inner === 'admin' ? 'http/admin' : room
}

function dialectOf(path: string): string | null {
  return /^src\/core\/dialects\/([^/]+)\//.exec(path)?.[1] ?? null
}

/** Folders of `dialects/` that hold what all dialects share, rather than a dialect. */
const SHARED_BY_DIALECTS = new Set(['scan'])

/** Why an import is not allowed; null when it is. */
function violation({ from, to, typeOnly }: Import): string | null {
  const room = roomOf(from)
  if (EVERYWHERE.has(room)) return to.startsWith('test/') ? 'src never imports test' : null
  const rules = ROOMS[room]
  if (rules === undefined) return `the room "${room}" has no rule`
  if (!to.startsWith('src/')) {
    if (to.startsWith('test/')) return 'src never imports test'
    const allowed = rules.packages.some((name) =>
      name.endsWith(':') ? to.startsWith(name) : to === name || to.startsWith(`${name}/`),
    )
    return allowed ? null : `${room} does not use the package ${to}`
  }
  const [mine, other] = [dialectOf(from), dialectOf(to)]
  if (mine !== null && other !== null && mine !== other && !SHARED_BY_DIALECTS.has(other)) {
    return `the dialect ${mine} does not know the dialect ${other}`
  }
  const target = roomOf(to)
  if (target === room || rules.rooms.includes(target)) return null
  const named = rules.types?.some((type) => type === target || type === to) === true
  if (named && typeOnly) return null
  return named ? `${room} may only name the types of ${to}` : `${room} does not import ${target}`
}

function sourceFiles(): readonly string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:ts|tsx|js)$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => `src/${path.split(sep).join('/')}`)
}

const all = sourceFiles().flatMap((path) => importsOf(path, readFileSync(join(root, path), 'utf8')))

describe('the directions of the house', () => {
  it('reads the whole source', () => {
    expect(all.length).toBeGreaterThan(200)
    expect(new Set(all.map(({ from }) => roomOf(from)))).toContain('core')
  })

  it('are kept by every import', () => {
    const excepted = (one: Import): boolean => EXCEPTIONS.some(({ from, to }) => from === one.from && to === one.to)
    const broken = all.flatMap((one) => {
      const why = excepted(one) ? null : violation(one)
      return why === null ? [] : [`${one.from} -> ${one.to}: ${why}`]
    })
    expect(broken).toEqual([])
  })

  it.each(EXCEPTIONS)('are left by $from for a reason that still holds', ({ from, to }) => {
    const used = all.filter((one) => one.from === from && one.to === to)
    expect(used).not.toEqual([])
    expect(used.some((one) => violation(one) !== null)).toBe(true)
  })
})

describe('an isolate that starts', () => {
  /** Whatever runs when a file is loaded, it and all it leads to. */
  function loadedBy(path: string, seen = new Set<string>()): ReadonlySet<string> {
    seen.add(path)
    for (const { from, to, typeOnly, lazy } of all) {
      if (from === path && !typeOnly && !lazy && to.startsWith('src/') && !seen.has(to)) loadedBy(to, seen)
    }
    return seen
  }

  it('loads the way of a call, and nothing of the admin API', () => {
    const loaded = [...loadedBy('src/index.ts')]
    expect(loaded).toContain('src/gateway/handle-chat.ts')
    expect(loaded.filter((path) => path.startsWith('src/http/admin/'))).toEqual([])
    expect([...loadedBy('src/http/admin/admin-app.ts')]).toContain('src/http/admin/keys/create-key.ts')
  })
})

describe('the check itself', () => {
  it.each([
    ['src/core/a.ts', `import { x } from '../store/directory.ts'`, 'core does not import store'],
    ['src/core/a.ts', `import type { X } from '../gateway/ports.ts'`, 'core does not import gateway'],
    ['src/core/a.ts', `import { readFileSync } from 'node:fs'`, 'core does not use the package node:fs'],
    ['src/gateway/a.ts', `import { Hono } from 'hono'`, 'gateway does not use the package hono'],
    ['src/gateway/a.ts', `export { x } from '../providers/registry.ts'`, 'gateway does not import providers'],
    ['src/gateway/a.ts', `const x = await import('../objects/schema.ts')`, 'gateway does not import objects'],
    [
      'src/providers/a.ts',
      `import {\n  type A,\n  b,\n} from '../gateway/ports.ts'`,
      'providers may only name the types of src/gateway/ports.ts',
    ],
    ['src/http/ingress/a.ts', `import { x } from '../../store/directory.ts'`, 'http does not import store'],
    ['src/http/a.ts', `import '../../test/support/x.ts'`, 'src never imports test'],
    [
      'src/dashboard/a.ts',
      `import { x } from '../core/chat/usage.ts'`,
      'dashboard may only name the types of src/core/chat/usage.ts',
    ],
    ['src/core/dialects/one/a.ts', `import { x } from '../two/b.ts'`, 'the dialect one does not know the dialect two'],
    ['src/cellar/a.ts', `import { x } from '../core/b.ts'`, 'the room "cellar" has no rule'],
  ])('finds a fault in %s: %s', (path, source, expected) => {
    expect(importsOf(path, source).map(violation)).toEqual([expected])
  })

  it.each([
    ['src/http/admin/a.ts', `import { x } from '../../store/directory.ts'`],
    ['src/providers/a.ts', `import type { X } from '../gateway/ports.ts'`],
    ['src/providers/a.ts', `import { type A, type B } from '../gateway/ports.ts'`],
    ['src/core/dialects/one/a.ts', `import { x } from '../dialect.ts'`],
    ['src/index.ts', `export { X } from './objects/x.ts'`],
    ['src/cli/a.ts', `import { readFileSync } from 'node:fs'`],
  ])('finds none in %s: %s', (path, source) => {
    expect(importsOf(path, source).map(violation)).toEqual([null])
  })

  it('passes over imports in comments', () => {
    expect(importsOf('src/core/a.ts', `/* import { x } from '../store/x.ts' */\n// import 'hono'\n`)).toEqual([])
  })
})
