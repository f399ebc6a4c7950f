/** The forms of the bench: how much of everything is sent. */
import { parseArgs } from 'node:util'
import type { BodySize } from './conversation-bodies.ts'

export type SizeName = '2 KB' | '100 KB' | '1 MB' | '10 MB'

export const SIZES: Readonly<Record<SizeName, BodySize>> = {
  '2 KB': { bytes: 2_048, calls: 4 },
  '100 KB': { bytes: 102_400, calls: 20 },
  '1 MB': { bytes: 1_048_576, calls: 10 },
  '10 MB': { bytes: 500_000, calls: 1, images: 10_000_000 },
}

export interface Cell {
  readonly size: SizeName
  readonly connections: number
  /** A client that thinks between its calls, so that the settlement of one is over before the next. */
  readonly pauseMs?: number
}

/** A cell of streams; cells that differ in nothing but their deltas tell what a delta costs. */
export interface StreamCell extends Cell {
  readonly deltas: number
}

export interface Settings {
  readonly quick: boolean
  readonly json: boolean
  readonly profile: boolean
  readonly steps: boolean
  readonly layers: boolean
  /** Names of subjects to measure; null: all. */
  readonly only: readonly string[] | null
  readonly rounds: number
  readonly durationMs: number
  /** Of all kinds of requests, before anything is measured: engines compile what runs often. */
  readonly heatUpMs: number
  /** The least number of each kind to each subject: what was compiled is what a busy isolate runs. */
  readonly heatUpCalls: number
  readonly warmUpMs: number
  /** More of both for each connection: with many of them a gateway answers each but a few times a second. */
  readonly msPerConnection: number
  readonly drainMs: number
  readonly bodies: readonly Cell[]
  readonly streams: readonly StreamCell[]
  /** Concurrent streams of 100 KB requests. */
  readonly many: {
    readonly streams: number
    readonly deltas: number
    readonly firstByteMs: number
    readonly gapMs: number
  }
}

const cells = (sizes: readonly SizeName[], connections: readonly number[]): Cell[] =>
  sizes.flatMap((size) => connections.map((count) => ({ size, connections: count })))

const DELTAS = [100, 1_000] as const

/** Streams of both lengths. */
const streamsOf = (all: readonly Cell[]): StreamCell[] =>
  all.flatMap(({ size, connections }) => DELTAS.map((deltas) => ({ size, connections, deltas })))

/** One client that thinks between its calls. */
const thinking = (sizes: readonly SizeName[], pauseMs: number): Cell[] =>
  sizes.map((size) => ({ size, connections: 1, pauseMs }))

const FULL = {
  rounds: 3,
  heatUpMs: 1_000,
  heatUpCalls: 400,
  durationMs: 800,
  warmUpMs: 200,
  msPerConnection: 15,
  drainMs: 300,
  bodies: [...cells(['2 KB', '100 KB', '1 MB'], [1, 16, 64]), ...thinking(['2 KB', '100 KB'], 5)],
  streams: streamsOf([...cells(['2 KB', '100 KB'], [1]), ...cells(['2 KB'], [16])]),
  many: { streams: 200, deltas: 100, firstByteMs: 300, gapMs: 40 },
} as const

const QUICK = {
  rounds: 1,
  heatUpMs: 250,
  heatUpCalls: 50,
  durationMs: 250,
  warmUpMs: 100,
  msPerConnection: 8,
  drainMs: 100,
  bodies: [...cells(['2 KB', '100 KB', '1 MB'], [1]), ...cells(['100 KB'], [16]), ...thinking(['2 KB', '100 KB'], 5)],
  streams: streamsOf(cells(['2 KB'], [1])),
  many: { streams: 200, deltas: 10, firstByteMs: 300, gapMs: 40 },
} as const

const USAGE = `npm run bench:gateway [-- --quick] [--json] [--rounds N] [--heat N] [--steps] [--layers] [--profile] [--only direct,bare-raw,headgate-raw,...]
  --quick   under a minute: one short round of fewer cells
  --json    raw measurements as one JSON document instead of tables
  --steps   what the runtime charges for each thing a gateway does, and what is Headgate's own; nothing else
  --layers  how much of it is JavaScript, object calls, rows, sockets ...; needs Debian's linux-perf; nothing else
  --profile where the time of Headgate on raw workerd goes, by function; measures nothing else
  --heat    calls of each kind that each subject answers before anything is measured (400, quick 50)
  --only    subjects: direct, bare-raw, headgate-raw, headgate-capped, portkey, bare-miniflare, headgate-miniflare`

/** @throws Error with the usage on a flag it does not know */
export function readSettings(args: readonly string[]): Settings {
  const options = {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
    layers: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    heat: { type: 'string' },
    only: { type: 'string' },
  } as const
  try {
    const { quick, json, profile, steps, layers, rounds, heat, only } = parseArgs({ args: [...args], options }).values
    const form = quick ? QUICK : FULL
    return {
      ...form,
      quick,
      json,
      profile,
      steps,
      layers,
      only: only?.split(',') ?? null,
      rounds: Number(rounds ?? form.rounds),
      heatUpCalls: Number(heat ?? form.heatUpCalls),
    }
  } catch (error) {
    throw new Error(`${String(error)}\n${USAGE}`, { cause: error })
  }
}
