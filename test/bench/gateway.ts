/**
 * What Headgate adds to a call, beside a bare proxy on the same runtime and another gateway, in interleaved rounds of one
 * run: latency, processor time, memory. Everything runs on this machine; the gateways on one core, the rest on another.
 * Run: npm run bench:gateway. It prints tables and asserts nothing about absolute time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerPlan } from './gateway/answer-plan.ts'
import { conversationBodies } from './gateway/conversation-bodies.ts'
import { canSample, layersWhile, printLayers, type LayerTimes } from './gateway/layers.ts'
import { measure, type Bench, type Measurement, type Work } from './gateway/measure.ts'
import { CORES, endAll, launch, messageOf } from './gateway/pinned-process.ts'
import { loadAverage } from './gateway/process-tree.ts'
import { profileWhile, timesByFunction } from './gateway/profile.ts'
import { freePort } from './gateway/raw-workerd.ts'
import { printCell, printDeltaCosts, type CellResult } from './gateway/report.ts'
import { readSettings, SIZES, type Cell, type Settings, type SizeName, type StreamCell } from './gateway/settings.ts'
import { rowsFolder } from './gateway/rows-folder.ts'
import { printSteps, startSteps } from './gateway/steps.ts'
import { startSubjects, type Subject } from './gateway/subjects.ts'

const TIMEOUT_MS = 30_000
const MANY_ROUNDS = 1
const BIG_AT_ONCE = 8
const WHOLE: AnswerPlan = { kind: 'whole' }
const DELTAS = 100
const PROFILE_MS = 3_000
const PROFILE_ROWS = 45

/** As fast as the provider can write. */
function unpaced(deltas: number): AnswerPlan {
  return { kind: 'stream', deltas, firstByteMs: 0, gapMs: 0 }
}

/** One of each kind of request. */
const HEAT: readonly (readonly [SizeName, AnswerPlan])[] = [
  ['2 KB', WHOLE],
  ['100 KB', WHOLE],
  ['2 KB', unpaced(DELTAS)],
]

class GatewayBench {
  readonly #settings: Settings
  readonly #folder: string
  readonly #bench: Bench
  readonly #subjects: readonly Subject[]
  readonly #results: { readonly kind: string; readonly title: string; readonly rows: readonly Measurement[] }[] = []

  constructor(settings: Settings, folder: string, started: { bench: Bench; subjects: readonly Subject[] }) {
    this.#settings = settings
    this.#folder = folder
    this.#bench = started.bench
    this.#subjects = started.subjects
  }

  async run(): Promise<void> {
    const { bodies, streams, many } = this.#settings
    await this.heatUp()
    for (const cell of bodies) await this.#measureAll('bodies', titleOf(cell), this.#work(cell, WHOLE))
    for (const cell of streams) await this.#streams(cell)
    this.#deltaCosts()
    await this.#many(many)
    await this.#big()
    if (this.#settings.json) console.log(JSON.stringify({ settings: this.#settings, results: this.#results }, null, 1))
  }

  async heatUp(): Promise<void> {
    const { heatUpMs, heatUpCalls } = this.#settings
    for (const [size, plan] of HEAT) {
      const work = { ...this.#work({ size, connections: 8 }, plan), durationMs: heatUpMs }
      for (const subject of this.#subjects) {
        for (let made = 0; made < heatUpCalls;)
          made += Math.max(1, (await measure(this.#bench, subject, work, 0)).answered)
      }
    }
  }

  /** What the runtime charges for each step a gateway takes. */
  async steps(steps: Subject, headgate: Subject): Promise<void> {
    for (const [size, plan] of HEAT) {
      const work = this.#work({ size, connections: 4 }, plan)
      const title = `${size}, ${plan.kind === 'whole' ? 'whole answers' : `streams of ${DELTAS} deltas`}`
      await printSteps(this.#bench, { title, steps, headgate, work, rounds: this.#settings.rounds })
    }
  }

  /** How much of each subject's time is the runtime's, and at what. */
  async layers(): Promise<void> {
    for (const [size, plan] of HEAT) {
      const work = { ...this.#work({ size, connections: 4 }, plan), durationMs: PROFILE_MS }
      const columns = new Map<string, LayerTimes>()
      for (const subject of this.#subjects) {
        const file = join(this.#folder, 'samples')
        const sampled = await layersWhile(subject, file, () => measure(this.#bench, subject, work, 0))
        const { cpuPerRequest } = sampled.measurement
        const times = [...sampled.shares].map(([layer, share]) => [layer, share * cpuPerRequest] as const)
        columns.set(subject.label, new Map(times))
      }
      printLayers(`${size}, ${plan.kind} answers`, columns)
    }
  }

  /** Where the time goes, each kind of request by itself. */
  async profile(subject: Subject, inspectorPort: number): Promise<void> {
    for (const [size, plan] of HEAT) {
      const work = { ...this.#work({ size, connections: 4 }, plan), durationMs: PROFILE_MS }
      let answered = 0
      const profile = await profileWhile(inspectorPort, async () => {
        ;({ answered } = await measure(this.#bench, subject, work, 0))
      })
      console.log(`\n${size}, ${plan.kind} answers: microseconds a request, ${answered} requests`)
      const rows = timesByFunction(profile).filter(({ name }) => name !== '(idle)' && name !== '(root)')
      const each = (time: number): number => Math.round((time / answered) * 10) / 10
      for (const by of ['self', 'total'] as const) {
        const dearest = rows.toSorted((one, other) => other[by] - one[by]).slice(0, PROFILE_ROWS)
        console.table(dearest.map(({ name, self, total }) => ({ name, self: each(self), total: each(total) })))
      }
    }
  }

  /** Rounds are interleaved: whatever else the machine does, it does to all of them. */
  async #measureAll(
    kind: Parameters<typeof printCell>[0],
    title: string,
    work: Work,
    rounds = this.#settings.rounds,
  ): Promise<void> {
    const rows: Measurement[] = []
    for (let round = 0; round < rounds; round++) {
      for (const subject of this.#subjects) rows.push(await measure(this.#bench, subject, work, round))
    }
    const cell: CellResult = { title, rows }
    this.#results.push({ kind, ...cell })
    if (!this.#settings.json) printCell(kind, cell, this.#subjects)
  }

  async #streams({ deltas, ...cell }: StreamCell): Promise<void> {
    await this.#measureAll('streams', titleOf(cell, deltas), this.#work(cell, unpaced(deltas)))
  }

  /** The length of streams aside, cells of one kind are alike: what they differ by is the deltas' own cost. */
  #deltaCosts(): void {
    const { streams, json } = this.#settings
    const cells = streams.map(({ deltas, ...cell }) => ({ cell, deltas, title: titleOf(cell, deltas) }))
    for (const title of new Set(cells.map(({ cell }) => titleOf(cell)))) {
      const alike = cells.filter(({ cell }) => titleOf(cell) === title)
      const results = alike.map(({ deltas, title: of }) => {
        const rows = this.#results.find((result) => result.kind === 'streams' && result.title === of)?.rows ?? []
        return { deltas, title: of, rows }
      })
      if (!json && results.length > 1) printDeltaCosts(title, results, this.#subjects)
    }
  }

  #work({ size, ...cell }: Cell, plan: AnswerPlan): Work {
    const { drainMs, msPerConnection } = this.#settings
    const more = cell.connections * msPerConnection
    const warmUpMs = this.#settings.warmUpMs + more
    const durationMs = this.#settings.durationMs + more
    const bodies = this.#bodies(size, plan.kind === 'stream')
    return { ...cell, plan, drainMs, durationMs, warmUpMs, bodies, timeoutMs: TIMEOUT_MS }
  }

  async #many({ streams, ...pace }: Settings['many']): Promise<void> {
    const work: Work = {
      drainMs: this.#settings.drainMs,
      warmUpMs: 0,
      timeoutMs: TIMEOUT_MS,
      connections: streams,
      plan: { kind: 'stream', ...pace },
      bodies: this.#bodies('100 KB', true),
    }
    const title = `${streams} streams at once, 100 KB requests, ${pace.deltas} deltas ${pace.gapMs} ms apart`
    await this.#measureAll('many', title, work, MANY_ROUNDS)
  }

  async #big(): Promise<void> {
    const work: Work = {
      plan: WHOLE,
      drainMs: this.#settings.drainMs,
      warmUpMs: 0,
      timeoutMs: TIMEOUT_MS,
      connections: BIG_AT_ONCE,
      bodies: this.#bodies('10 MB', false),
    }
    await this.#measureAll('big', `${BIG_AT_ONCE} bodies of 10 MB at once`, work, MANY_ROUNDS)
  }

  /** The load generator reads them from files: as messages they would be copied. */
  #bodies(size: SizeName, stream: boolean): string[] {
    return conversationBodies(SIZES[size], stream).map((body, call) => {
      const path = join(this.#folder, `${size.replace(' ', '-')}-${stream ? 'stream' : 'whole'}-${call}.json`)
      writeFileSync(path, body)
      return path
    })
  }
}

function titleOf({ size, connections, pauseMs }: Cell, deltas?: number): string {
  const thinking = pauseMs === undefined ? '' : `, ${pauseMs} ms between calls`
  const what = deltas === undefined ? '' : `streams of ${deltas} deltas, `
  return `${what}${size}, ${connections} connection${connections === 1 ? '' : 's'}${thinking}`
}

async function startBench(): Promise<{ bench: Bench; upstreamPort: number }> {
  const script = (name: string): string => join(import.meta.dirname, 'gateway', name)
  const start = (name: string) => launch({ command: [process.execPath, script(name)], core: CORES.bench, ipc: true })
  const provider = start('provider.ts')
  const { port } = await messageOf<{ port: number }>(provider)
  const load = start('load.ts')
  await messageOf(load)
  return { bench: { provider, load }, upstreamPort: port }
}

const settings = readSettings(process.argv.slice(2))
const cache = join(import.meta.dirname, '../../.headgate/bench')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'run-'))
const rows = rowsFolder(folder)
const remove = (): void => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(rows, { recursive: true, force: true })
}
const tell = (line: string): void => console.error(line)
const stop = (): void => {
  remove()
  process.exit(1)
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
try {
  tell(`Load average ${loadAverage()}: figures are steady below 1.`)
  const { bench, upstreamPort } = await startBench()
  if (settings.steps) {
    const all = { folder, rows, cache, upstreamPort, tell, only: ['headgate-raw'] }
    const steps = await startSteps(all)
    const subjects = await startSubjects(all)
    for (const headgate of subjects)
      await new GatewayBench(settings, folder, { bench, subjects }).steps(steps, headgate)
  } else if (settings.layers) {
    if (!canSample()) throw new Error('There is no perf here: apt-get install linux-perf')
    const only = settings.only ?? ['bare-raw', 'headgate-raw']
    const subjects = await startSubjects({ folder, rows, cache, upstreamPort, tell, only })
    const sampled = new GatewayBench(settings, folder, { bench, subjects })
    await sampled.heatUp()
    await sampled.layers()
  } else if (settings.profile) {
    const inspectorPort = await freePort()
    const subjects = await startSubjects({
      folder,
      rows,
      cache,
      upstreamPort,
      tell,
      inspectorPort,
      only: ['headgate-raw'],
    })
    const measured = new GatewayBench(settings, folder, { bench, subjects })
    await measured.heatUp()
    for (const subject of subjects) await measured.profile(subject, inspectorPort)
  } else {
    const subjects = await startSubjects({ folder, rows, cache, upstreamPort, tell, only: settings.only })
    await new GatewayBench(settings, folder, { bench, subjects }).run()
  }
} finally {
  await endAll()
  remove()
}
