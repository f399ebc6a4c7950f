/** The flags of `npm run simulate`: every assumption is one, and the help shows what it is where none is given. */
import { parseArgs } from 'node:util'
import type { DayShape } from '../../core/replay/working-day.ts'

/** What cannot be simulated, in one sentence. */
export class SimulateError extends Error {
  override readonly name = 'SimulateError'
}

export interface SimulateFlags {
  readonly day: DayShape
  /** Working days of a month, months of a year, developers. */
  readonly days: number
  readonly months: number
  readonly team: number
  readonly catalog: 'current' | 'reference'
  readonly providers: readonly string[]
  /** ms */
  readonly pricedAt: number
  readonly cacheLifetimeMs: number
  readonly policy: string
  readonly draws: number
  readonly json: boolean
  readonly help: boolean
}

interface Assumption {
  readonly what: string
  readonly value: string
}

/** The day that the published figures are about: short prompts, many conversations. */
const REFERENCE_DAY = {
  calls: { what: 'calls of one developer in a working day', value: '200' },
  mix: { what: 'shares of easy, medium and hard turns, per cent', value: '60/25/15' },
  days: { what: 'working days in a month', value: '20' },
  months: { what: 'months in a year', value: '12' },
  team: { what: 'developers', value: '10' },
  conversations: { what: 'conversations in a day', value: '10' },
  turn: { what: 'calls in a turn', value: '4' },
  context: { what: "tokens of a conversation's first prompt", value: '8000' },
  growth: { what: 'tokens that each call adds', value: '400' },
  output: { what: 'tokens of an answer', value: '800' },
  gap: { what: 'seconds between the calls of a turn', value: '15' },
  pause: { what: 'seconds between turns', value: '120' },
  batch: { what: 'per cent of the turns whose answer can wait for a batch', value: '30' },
  'cache-minutes': { what: 'minutes that a marked cache lives', value: '5' },
  catalog: { what: 'models: reference or current', value: 'reference' },
  providers: { what: 'providers that can be reached', value: 'anthropic' },
  policy: { what: 'default, literal, no-growth, or a policy as JSON', value: 'default' },
  draws: { what: 'days drawn and averaged', value: '50' },
} as const satisfies Record<string, Assumption>

type Name = keyof typeof REFERENCE_DAY

/** A coding agent's day as recorded: the medians of real sessions (prompts, growth, answers, calls, gaps). */
const AGENT_DAY: Partial<Record<Name, string>> = {
  conversations: '5',
  turn: '5',
  context: '41000',
  growth: '1250',
  output: '300',
  gap: '7',
  pause: '150',
}

const NAMES = Object.keys(REFERENCE_DAY) as readonly Name[]

/** The text of `--help`. */
export const HELP = `The bill of a working day, for a team, one measure after the other.

  npm run simulate -- [--calls 200] [--mix 60/25/15] [--days 20] [--team 10] ... [--agent] [--json]

${NAMES.map((name) => `  --${name.padEnd(15)} ${REFERENCE_DAY[name].what} (${REFERENCE_DAY[name].value})`).join('\n')}
  --priced-at       prices of this day, such as 2026-11-01 (today)
  --agent           the day of a coding agent instead: ${Object.entries(AGENT_DAY)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ')}
  --json            print JSON
`

/**
 * Reads the command line.
 *
 * @param args everything after the script's name
 * @param now ms, the day whose prices are used where none is named
 * @throws SimulateError with one sentence for an unknown flag or a bad value
 */
export function parseSimulateFlags(args: readonly string[], now: number): SimulateFlags {
  const given = parsed(args)
  const value = (name: Name): string =>
    given.values.get(name) ?? (given.agent ? AGENT_DAY[name] : undefined) ?? REFERENCE_DAY[name].value
  const number = (name: Name, bounds: Bounds): number => numberOf(name, value(name), bounds)
  const count = (name: Name, most: number): number => number(name, { least: 1, most, whole: true })
  const tokens = (name: Name, least: number): number => number(name, { least, most: 1_000_000, whole: true })
  const seconds = (name: Name): number => number(name, { least: 0, most: 86_400, whole: false }) * 1000
  const calls = count('calls', 100_000)
  return {
    day: {
      calls,
      shares: sharesOf(value('mix')),
      conversations: Math.min(calls, count('conversations', 10_000)),
      callsPerTurn: count('turn', 10_000),
      firstPromptTokens: tokens('context', 1),
      growthTokens: tokens('growth', 0),
      outputTokens: tokens('output', 1),
      callGapMs: seconds('gap'),
      turnGapMs: seconds('pause'),
      batchShare: number('batch', { least: 0, most: 100, whole: false }) / 100,
    },
    days: count('days', 31),
    months: count('months', 12),
    team: count('team', 1_000_000),
    catalog: catalogOf(value('catalog')),
    providers: value('providers')
      .split(',')
      .map((name) => name.trim()),
    pricedAt: given.pricedAt === null ? now : dayOf(given.pricedAt),
    cacheLifetimeMs: number('cache-minutes', { least: 0, most: 1_440, whole: false }) * 60_000,
    policy: value('policy'),
    draws: count('draws', 10_000),
    json: given.json,
    help: given.help,
  }
}

interface Given {
  readonly values: ReadonlyMap<string, string>
  readonly pricedAt: string | null
  readonly agent: boolean
  readonly json: boolean
  readonly help: boolean
}

function parsed(args: readonly string[]): Given {
  const text = Object.fromEntries([...NAMES, 'priced-at'].map((name) => [name, { type: 'string' as const }]))
  const flag = { type: 'boolean' as const, default: false }
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      options: { ...text, agent: flag, json: flag, help: { ...flag, short: 'h' } },
    })
    const named = Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    )
    const all = new Map(named)
    return {
      values: all,
      pricedAt: all.get('priced-at') ?? null,
      agent: values['agent'] === true,
      json: values['json'] === true,
      help: values['help'] === true,
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new SimulateError(`${reason.replace(/\.$/, '')}. "npm run simulate -- --help" lists the flags.`)
  }
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly whole: boolean
}

function numberOf(name: string, text: string, { least, most, whole }: Bounds): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new SimulateError(`--${name} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}".`)
  }
  return value
}

function sharesOf(text: string): DayShape['shares'] {
  const shares = text.split('/').map(Number)
  const [easy = Number.NaN, medium = Number.NaN, hard = Number.NaN] = shares
  const valid = shares.length === 3 && [easy, medium, hard].every((share) => share >= 0)
  if (!valid || Math.abs(easy + medium + hard - 100) > 1e-9) {
    throw new SimulateError(`--mix takes three shares that add up to 100, such as 60/25/15, not "${text}".`)
  }
  return { easy: easy / 100, medium: medium / 100 }
}

function catalogOf(text: string): 'current' | 'reference' {
  if (text === 'current' || text === 'reference') return text
  throw new SimulateError(`--catalog takes reference or current, not "${text}".`)
}

function dayOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new SimulateError(`--priced-at takes a day such as 2026-11-01, not "${text}".`)
  return at
}
