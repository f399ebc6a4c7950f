/** What a process and all its descendants have used, from /proc: processor time and memory. Linux only. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface Memory {
  /** Megabytes resident now. */
  readonly now: number
  /** The most since `resetPeak`; of several processes the sum of their own peaks. */
  readonly peak: number
}

/** The process and all below it. */
export function treeOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = Number(statFields(Number(entry))?.[1])
    if (Number.isNaN(parent)) continue
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const tree = [pid]
  for (const one of tree) tree.push(...(children.get(one) ?? []))
  return tree
}

/** User and system time of a tree's living threads, in microseconds: https://docs.kernel.org/scheduler/sched-stats.html */
export function processorTime(tree: readonly number[]): number {
  let nanoseconds = 0
  for (const pid of tree) {
    for (const thread of threadsOf(pid)) {
      nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0)
    }
  }
  return nanoseconds / 1_000
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

export function memoryOf(tree: readonly number[]): Memory {
  let now = 0
  let peak = 0
  for (const pid of tree) {
    const status = read(`/proc/${pid}/status`) ?? ''
    now += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
    peak += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }
  return { now, peak }
}

/** Peaks count from here on: https://docs.kernel.org/filesystems/proc.html (clear_refs). */
export function resetPeak(tree: readonly number[]): void {
  for (const pid of tree) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The machine's load average of the last minute. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}

/** Fields of /proc/pid/stat after the name, which may hold anything: state, parent ... */
function statFields(pid: number): readonly string[] | null {
  const stat = read(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Null: the process has ended. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
