/** `npm run connect` as a person runs it: a process of its own, with a home folder of its own. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../../src/cli/connect.ts')
const GATEWAY = ['--url', 'https://gate.example.com/v1/', '--key', 'hg_key']

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'headgate-connect-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

function connect(...args: string[]): { code: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: home,
    env: { HOME: home, PATH: process.env['PATH'] ?? '' },
    encoding: 'utf8',
  })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

function put(path: string, bytes: string | Buffer, mode = 0o644): string {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
  chmodSync(file, mode)
  return file
}

const read = (path: string): string => readFileSync(join(home, path), 'utf8')

const CLAUDE = '.claude/settings.json'

/** Client, its file, and settings somebody already has there, with what a careless writer would spoil. */
const FILES: readonly (readonly [client: string, path: string, before: string])[] = [
  [
    'claude-code',
    CLAUDE,
    '{\r\n\t"model": "opus",\r\n\t"env": { "EDITOR": "vi", "ANTHROPIC_BASE_URL": "https://x" }\r\n}',
  ],
  [
    'codex',
    '.codex/config.toml',
    '# mine\nmodel = "gpt-6-sol" # a note\napproval = """\nmodel = "no"\n"""\n\n[tools]\nmodel = "kept"\n\n\n',
  ],
  ['opencode', '.config/opencode/opencode.json', '{"theme":"dark","provider":{"other":{"name":"Other"}}}'],
  [
    'cline',
    '.cline/data/settings/providers.json',
    '{\n    "version": 1,\n    "modes": {},\n    "providers": {"anthropic": {"settings": {"apiKey": "k"}}}\n}\n\n',
  ],
  [
    'continue',
    '.continue/config.yaml',
    'name: Mine # é\nmodels:\n- name: Own\n  provider: ollama\nrules:\n  - be kind\n',
  ],
  ['aider', '.aider.conf.yml', '# mine\nmodel: sonnet\ndark-mode: true'],
]

describe('connect', () => {
  it.each(FILES)('%s: what is written keeps the rest, and undo restores it byte for byte', (client, path, before) => {
    const file = put(path, before, 0o640)
    expect(connect(client, '--write', ...GATEWAY)).toMatchObject({ code: 0, err: '' })
    const after = read(path)
    expect(after).not.toBe(before)
    expect(after).toContain('https://gate.example.com')
    expect(after).not.toContain('/v1/v1')
    expect(statSync(file).mode & 0o777).toBe(0o640)
    // Again: nothing changes, and the way back still leads to the beginning.
    expect(connect(client, '--write', ...GATEWAY).out).toContain('connected already')
    expect(connect(client, '--write', '--url', 'https://other.example.com', '--key', 'hg_two').code).toBe(0)
    expect(read(path)).toContain('https://other.example.com')
    expect(read(path)).not.toContain('gate.example.com')
    expect(connect(client, '--undo')).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(file)).toEqual(Buffer.from(before))
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(connect(client, '--undo').out).toContain('Nothing to undo')
    expect(readdirSync(dirname(file)).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  it.each(FILES)('%s: a file that was not there is private, and gone after undo', (client, path) => {
    expect(connect(client, '--write', ...GATEWAY).code).toBe(0)
    expect(statSync(join(home, path)).mode & 0o777).toBe(0o600)
    expect(connect(client, '--undo').code).toBe(0)
    expect(existsSync(join(home, path))).toBe(false)
  })

  it('gives Claude Code its address, key and switches, and keeps its other settings', () => {
    put(CLAUDE, FILES[0]![2])
    connect('claude-code', '--write', ...GATEWAY)
    expect(JSON.parse(read(CLAUDE))).toEqual({
      model: 'opus',
      env: {
        EDITOR: 'vi',
        ANTHROPIC_BASE_URL: 'https://gate.example.com',
        ANTHROPIC_AUTH_TOKEN: 'hg_key',
        CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
        CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      },
    })
    expect(read(CLAUDE)).toMatch(/^\{\r\n\t"model"/)
  })

  it('refuses to undo over changes made since, and says where the old bytes are', () => {
    put(CLAUDE, '{"a":1}')
    connect('claude-code', '--write', ...GATEWAY)
    writeFileSync(join(home, CLAUDE), '{"b":2}')
    const undone = connect('claude-code', '--undo')
    expect(undone.code).toBe(1)
    expect(undone.err).toMatch(/changed since.*\.headgate\/connect\/claude-code\.json/)
    expect(read(CLAUDE)).toBe('{"b":2}')
    const [kept] = JSON.parse(read('.headgate/connect/claude-code.json')) as [{ before: string }]
    expect(Buffer.from(kept.before, 'base64').toString()).toBe('{"a":1}')
  })

  it('goes back step by step where somebody changed the file in between', () => {
    put(CLAUDE, '{"a":1}')
    connect('claude-code', '--write', ...GATEWAY)
    writeFileSync(join(home, CLAUDE), '{"b":2}')
    connect('claude-code', '--write', ...GATEWAY)
    expect(connect('claude-code', '--undo').code).toBe(0)
    expect(read(CLAUDE)).toBe('{"b":2}')
    expect(connect('claude-code', '--undo').code).toBe(1)
  })

  it('writes through a link and leaves the link', () => {
    put('dotfiles/settings.json', '{}')
    mkdirSync(join(home, '.claude'))
    symlinkSync('../dotfiles/settings.json', join(home, CLAUDE))
    connect('claude-code', '--write', ...GATEWAY)
    expect(readlinkSync(join(home, CLAUDE))).toBe('../dotfiles/settings.json')
    expect(read('dotfiles/settings.json')).toContain('hg_key')
  })

  it.each([
    ['claude-code', CLAUDE, '{ // a comment\n}'],
    ['claude-code', CLAUDE, '[]'],
    ['codex', '.codex/config.toml', 'model_providers.headgate.name = "x"\n'],
    ['codex', '.codex/config.toml', 'model_providers = { headgate = { name = "x" } }\n'],
    ['continue', '.continue/config.yaml', 'models: [{name: x}]\n'],
    ['aider', '.aider.conf.yml', 'model:\n  - x\n'],
  ])('%s: leaves what it cannot change safely: %s %j', (client, path, before) => {
    put(path, before)
    const { code, err } = connect(client, '--write', ...GATEWAY)
    expect(code).toBe(1)
    expect(err).toContain(path)
    expect(err).toContain('left as it')
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(read(path)).toBe(before)
  })

  it('takes address and key from the state folder of npm start, and never another address with that key', () => {
    const secrets = { adminToken: 'hga_x', keyPepper: 'p', teamId: 't', key: 'hg_first' }
    put('state/gateway.json', JSON.stringify(secrets))
    expect(connect('aider', '--persist', 'state').out).toMatch(/127\.0\.0\.1:8787\/v1[^]*hg_first/)
    const lock = { pid: process.pid, started: '', running: { url: 'http://127.0.0.1:9999', upstreamUrl: null } }
    put('state/lock', JSON.stringify(lock))
    expect(connect('codex', '--persist', 'state').out).toContain('http://127.0.0.1:9999/v1')
    expect(connect('codex', '--persist', 'state', '--url', 'https://else.example')).toMatchObject({ code: 1, out: '' })
    expect(connect('codex', '--persist', 'nowhere').err).toContain(
      'There is no key in nowhere: run npm start once, name its state folder with --persist, or give a key with --key.',
    )
    expect(connect('codex', '--persist', 'state', '--url', 'http://127.0.0.1:9998').err).toContain('with --persist')
  })

  it('prints Cursor what to type in, and says what cannot work', () => {
    expect(connect('cursor', ...GATEWAY).out).toMatch(/hg_key[^]*https:\/\/gate\.example\.com\/v1\n/)
    expect(connect('cursor', '--key', 'hg_key').out).toContain('cannot reach http://127.0.0.1:8787')
    expect(connect('cursor', '--write', ...GATEWAY)).toMatchObject({ code: 1, out: '' })
  })

  it.each([
    [[], 'Name one client: claude-code, codex'],
    [['emacs'], 'Name one client'],
    [['codex', '--write', '--undo'], 'exclude each other'],
    [['codex', '--url', 'gate.example.com'], '--url takes an http(s) address'],
    [['codex', '--key', 'a b'], '--key takes a key'],
    [['codex', '--nonsense'], 'lists the flags'],
  ])('refuses %j in one sentence', (args, sentence) => {
    const { code, out, err } = connect(...args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(sentence)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})
