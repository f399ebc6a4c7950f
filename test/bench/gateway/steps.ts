/**
 * The excess over a bare proxy, line by line: a Worker that takes the steps no gateway with objects can do without, one
 * more at a time, and beside it Headgate. What lies between its last step and Headgate is Headgate's own work.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundleWorker } from '../../../src/cli/dev/bundle-worker.ts'
import { measure, type Bench, type Measurement, type Work } from './measure.ts'
import { CORES, launch } from './pinned-process.ts'
import { freePort, rawCommand } from './raw-workerd.ts'
import { median } from './report.ts'
import { answering, CLIENT_HEADERS, type Subject, type SubjectSettings } from './subjects.ts'

/** As `steps/worker.js` takes them. */
const STEPS = [
  'bare proxy',
  '+ body read whole',
  '+ headers through a record, both ways',
  '+ two HMACs',
  '+ abort controller, waitUntil',
  '+ answer read whole, or a stream pumped through a writer',
  '+ two object calls side by side, before',
  '+ two object calls side by side, after',
  '+ a row written in each of these',
  '+ three rows in one, two in the other',
]

/** The stepping Worker on raw workerd. */
export async function startSteps({ folder, rows, upstreamPort }: SubjectSettings): Promise<Subject> {
  const modules = await bundleWorker(join(import.meta.dirname, 'steps/wrangler.toml'), join(folder, 'steps'))
  const home = join(folder, 'steps-raw')
  const rowsHere = join(rows, 'steps')
  mkdirSync(home)
  mkdirSync(rowsHere)
  const port = await freePort()
  const vars = { UPSTREAM: `http://127.0.0.1:${upstreamPort}` }
  const objects = { OBJECTS: 'StepObject' }
  const command = rawCommand({ modules, folder: home, rows: rowsHere, vars, objects, port })
  const child = launch({ command, core: CORES.gateway })
  await answering(child, port)
  const headers = [...CLIENT_HEADERS, 'authorization: Bearer none']
  return { name: 'bare-raw', label: 'steps', port, process: child, bare: 'bare-raw', headers }
}

interface Compared {
  readonly title: string
  readonly steps: Subject
  readonly headgate: Subject
  readonly work: Work
  readonly rounds: number
}

/** Rounds are interleaved; the first is thrown away, since engines compile in it. */
export async function printSteps(bench: Bench, { title, steps, headgate, work, rounds }: Compared): Promise<void> {
  const lines = STEPS.map((label, step) => [label, steps, `/steps/${step}/v1/messages`] as const)
  const measured = new Map<string, Measurement[]>()
  for (let round = -1; round < rounds; round++) {
    for (const [label, subject, path] of [...lines, ['Headgate', headgate, '/v1/messages'] as const]) {
      const one = await measure(bench, subject, { ...work, path }, round)
      if (one.failed > 0) console.log(`  ${label}: ${one.problem}`)
      if (round >= 0) measured.set(label, [...(measured.get(label) ?? []), one])
    }
  }
  let before = 0
  const rows = [...measured].map(([label, all]) => {
    const cpu = median(all.map((one) => one.cpuPerRequest))
    const more = cpu - before
    before = cpu
    const latency = median(all.map((one) => one.total.p50)) / 1_000
    return [label, { 'CPU us': cpu.toFixed(0), more: more.toFixed(0), 'p50 ms': latency.toFixed(2) }] as const
  })
  console.log(`\n${title}, step by step`)
  console.table(Object.fromEntries(rows))
}
