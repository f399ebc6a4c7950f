/** The flags of `npm run replay`: what may be asked for, and one clear sentence when something else is. */
import { parseArgs } from 'node:util'
import { UnreadableLog } from '../../core/replay/recorded-thread.ts'

export interface ReplayFlags {
  /** A file or a folder; null: the log comes from elsewhere. */
  readonly path: string | null
  /** Folder of a local gateway's state. */
  readonly persist: string | null
  readonly url: string | null
  readonly token: string | null
  readonly policies: readonly string[]
  readonly catalog: 'current' | 'reference'
  /** null: those the log names, else Anthropic. */
  readonly providers: readonly string[] | null
  /** Prices of this day are used, ms. */
  readonly pricedAt: number
  /** Let no recorded model be a ceiling. */
  readonly ignoreRequested: boolean
  /** ms; only calls from and before then. */
  readonly since: number | null
  readonly until: number | null
  readonly by: readonly ('task' | 'scope')[]
  readonly best: boolean
  readonly mix: { readonly easy: number; readonly medium: number }
  readonly seeds: readonly number[]
  readonly leastCalls: number
  readonly resamples: number
  readonly json: boolean
  readonly html: string | null
  readonly help: boolean
}

export const HELP = `What would recorded work have cost under other policies?

  npm run replay -- PATH [--policy NAME|FILE|JSON]... [--json] [--html FILE]
  npm run replay -- --persist DIR
  npm run replay -- --url URL --token TOKEN

PATH is one of
  decisions.ndjson          an export of the decision log: one row of GET /admin/v1/decisions a line
  agent_sessions.jsonl.gz   sessions without text; what each turn needed is drawn (--mix, --seeds)
  ~/.claude/projects        transcripts of Claude Code (a folder, or one .jsonl)

  --persist DIR       the decision log of a local gateway (npm start; .headgate/state)
  --url URL           the decision log of a running gateway, read through its admin API
  --token TOKEN       its admin token (or HEADGATE_ADMIN_TOKEN)
  --policy POLICY     default, literal, no-growth, a file, or JSON such as '{"rules": "literal"}'; may be given
                      several times (default)
  --catalog NAME      models of policies that state none: current or reference (current)
  --providers LIST    providers that could be reached (those in the log, else anthropic)
  --priced-at DATE    prices of this day (today)
  --requested MODE    recorded: the model asked for is honoured as the policy says; auto: every call is free (recorded)
  --since, --until    only calls from DATE on, or before DATE (UTC)
  --by GROUP          also by task, or by scope: routed calls beside those left with the model they asked for
  --no-best           leave out the best possible, which takes most of the time
  --mix E/M/H         sessions without text: shares of easy, medium and hard turns (60/25/15)
  --seeds N           ... and how many draws to average (5)
  --least-calls N     ... and leave out sessions with fewer calls (3)
  --resamples N       of the bootstrap by session that the intervals come from (2000)
  --json              print JSON
  --html FILE         also write a page with plots; it loads nothing
`

const OPTIONS = {
  persist: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  policy: { type: 'string', multiple: true },
  catalog: { type: 'string', default: 'current' },
  providers: { type: 'string' },
  'priced-at': { type: 'string' },
  requested: { type: 'string', default: 'recorded' },
  since: { type: 'string' },
  until: { type: 'string' },
  by: { type: 'string', multiple: true },
  'no-best': { type: 'boolean', default: false },
  mix: { type: 'string', default: '60/25/15' },
  seeds: { type: 'string', default: '5' },
  'least-calls': { type: 'string', default: '3' },
  resamples: { type: 'string', default: '2000' },
  json: { type: 'boolean', default: false },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/**
 * Reads the command line.
 *
 * @param args everything after the script's name
 * @param now ms, the day whose prices are used where none is named
 * @throws UnreadableLog with one sentence for an unknown flag, a missing value or a bad one
 */
export function parseReplayFlags(args: readonly string[], now: number, environment: NodeJS.ProcessEnv): ReplayFlags {
  const { values, positionals } = parsed(args)
  const [path, ...more] = positionals
  if (more.length > 0) throw new UnreadableLog(`One path at a time, not also "${more[0]}".`)
  const sources = [path, values.persist, values.url].filter((source) => source !== undefined)
  if (sources.length === 0 && !values.help) {
    throw new UnreadableLog('What shall be replayed? Give a path, --persist DIR or --url URL; --help lists them.')
  }
  if (sources.length > 1) throw new UnreadableLog('A path, --persist and --url exclude each other.')
  const token = values.token ?? environment['HEADGATE_ADMIN_TOKEN']
  if (values.url !== undefined && token === undefined) {
    throw new UnreadableLog('--url needs --token, or HEADGATE_ADMIN_TOKEN in the environment.')
  }
  return {
    path: path ?? null,
    persist: values.persist ?? null,
    url: values.url ?? null,
    token: token ?? null,
    policies: values.policy ?? ['default'],
    catalog: oneOf('catalog', values.catalog, ['current', 'reference']),
    providers: values.providers?.split(',').map((name) => name.trim()) ?? null,
    pricedAt: values['priced-at'] === undefined ? now : dayOf('priced-at', values['priced-at']),
    ignoreRequested: oneOf('requested', values.requested, ['recorded', 'auto']) === 'auto',
    since: values.since === undefined ? null : dayOf('since', values.since),
    until: values.until === undefined ? null : dayOf('until', values.until),
    by: (values.by ?? []).map((group) => oneOf('by', group, ['task', 'scope'])),
    best: !values['no-best'],
    mix: mixOf(values.mix),
    seeds: Array.from({ length: countOf('seeds', values.seeds, 100) }, (_, index) => index + 1),
    leastCalls: countOf('least-calls', values['least-calls'], 10_000),
    resamples: countOf('resamples', values.resamples, 100_000),
    json: values.json,
    html: values.html ?? null,
    help: values.help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new UnreadableLog(`${reason.replace(/\.$/, '')}. "npm run replay -- --help" lists the flags.`)
  }
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) throw new UnreadableLog(`--${name} takes ${choices.join(' or ')}, not "${text}".`)
  return found
}

function dayOf(name: string, text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new UnreadableLog(`--${name} takes a day such as 2026-11-01, not "${text}".`)
  return at
}

function countOf(name: string, text: string, most: number): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new UnreadableLog(`--${name} takes a whole number from 1 to ${most}, not "${text}".`)
  }
  return count
}

function mixOf(text: string): ReplayFlags['mix'] {
  const shares = text.split('/').map(Number)
  const [easy = Number.NaN, medium = Number.NaN, hard = Number.NaN] = shares
  const valid = shares.length === 3 && [easy, medium, hard].every((share) => share >= 0 && share <= 100)
  if (!valid || Math.abs(easy + medium + hard - 100) > 1e-9) {
    throw new UnreadableLog(`--mix takes three shares that add up to 100, such as 60/25/15, not "${text}".`)
  }
  return { easy: easy / 100, medium: medium / 100 }
}
