/**
 * Where the processor time of a gateway goes, runtime included: the kernel's sampling profiler sees what the inspector's
 * does not. Every sample is given to the innermost layer its stack names. Needs Debian's `linux-perf` and its rights.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Measurement } from './measure.ts'
import { CORES, launch } from './pinned-process.ts'
import { treeOf } from './process-tree.ts'
import type { Subject } from './subjects.ts'

const SAMPLES_A_SECOND = 2_000
const DEEPEST = 60

/** From the innermost frame outwards, the first that matches tells the layer. */
const LAYERS: readonly (readonly [layer: string, frame: RegExp])[] = [
  ['kernel: sockets, files, waking', /\(\[kernel/],
  ['rows: SQLite and its commits', /sqlite3|Sqlite|SqlStorage/],
  ['garbage collection', /CollectGarbage|Scaveng|MarkCompact|MarkingVisitor|Sweeper|MinorGC/],
  ['compiling', /OptimizedCompilationJob|compiler::|maglev::|CompileTask|Compiler::/],
  ['arguments and answers of object calls', /ValueSerializer|ValueDeserializer|[sS]erializeJsValue/],
  ['object calls', /JsRpc|capnp|ActorCall|Worker::Actor|newActor|new_actor/],
  [
    'HTTP: requests, answers, headers, bodies',
    /hyper|::http::|workerd::api::(Headers|Request|Response|Body|Readable|Identity)|fetchImpl|WorkerEntrypoint/,
  ],
  ['JavaScript', / JS:|Builtins_|v8::internal::(Runtime|Builtin)_|\[unknown\] \((?:\/\/anon|\[unknown\]|\/tmp\/perf)/],
]
const REST = "the runtime's event loop, promises, locks"

export type LayerTimes = ReadonlyMap<string, number>

/** Whether the profiler is here. */
export function canSample(): boolean {
  return spawnSync('perf', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Runs the work and tells the share of each layer in the samples of the subject's processes, 0..1. */
export async function layersWhile(
  subject: Subject,
  file: string,
  work: () => Promise<Measurement>,
): Promise<{ readonly measurement: Measurement; readonly shares: LayerTimes }> {
  const pid = subject.process?.pid
  if (pid === undefined) throw new Error(`${subject.name} has no process of its own`)
  const pids = treeOf(pid).join(',')
  const flags = ['-e', 'cpu-clock', '-F', String(SAMPLES_A_SECOND), '-g', '-p', pids, '-o', file]
  const recorder = launch({ command: ['perf', 'record', ...flags], core: CORES.bench })
  const measurement = await work()
  const ended = once(recorder, 'exit')
  recorder.kill('SIGINT')
  await ended
  return { measurement, shares: await sharesOf(file) }
}

async function sharesOf(file: string): Promise<LayerTimes> {
  const flags = ['-i', file, '-F', 'ip,sym,dso', '--max-stack', String(DEEPEST)]
  const script = spawn('perf', ['script', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] })
  const counts = new Map<string, number>()
  let samples = 0
  let layer: string | null = null
  let frames = 0
  const sampleEnds = (): void => {
    if (frames > 0) {
      samples++
      counts.set(layer ?? REST, (counts.get(layer ?? REST) ?? 0) + 1)
    }
    layer = null
    frames = 0
  }
  for await (const line of createInterface({ input: script.stdout })) {
    if (line.trim() === '') sampleEnds()
    else {
      frames++
      layer ??= LAYERS.find(([, frame]) => frame.test(line))?.[0] ?? null
    }
  }
  sampleEnds()
  return new Map([...counts].map(([name, count]) => [name, count / samples]))
}

/** Microseconds a request by layer, one column a subject, the dearest layer first. */
export function printLayers(title: string, columns: ReadonlyMap<string, LayerTimes>): void {
  const names = [...LAYERS.map(([name]) => name), REST]
  const rows = names.map((name) => {
    const times = [...columns].map(([label, layers]) => [label, layers.get(name) ?? 0] as const)
    return { name, times }
  })
  const dearest = ({ times }: (typeof rows)[number]): number => Math.max(...times.map(([, time]) => time))
  console.log(`\n${title}: microseconds of CPU a request, by layer`)
  console.table(
    Object.fromEntries(
      rows
        .toSorted((one, other) => dearest(other) - dearest(one))
        .map(({ name, times }) => [name, Object.fromEntries(times.map(([label, time]) => [label, time.toFixed(0)]))]),
    ),
  )
}
