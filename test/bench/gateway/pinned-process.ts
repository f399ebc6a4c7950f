/** Processes of the bench: each on one core, each ended by its id. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { treeOf } from './process-tree.ts'

/** What is measured has a core of its own; what measures has the other. */
export const CORES = { gateway: 1, bench: 0 } as const

export interface Launch {
  readonly command: readonly string[]
  readonly core: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Speaks with this process by messages. */
  readonly ipc?: boolean
}

const running = new Set<ChildProcess>()

/** What a process wrote, the last of it, to be shown when it fails. */
const written = new WeakMap<ChildProcess, string>()

export function launch({ command, core, cwd, env, ipc }: Launch): ChildProcess {
  const pinned = availableParallelism() > 1 ? ['taskset', '-c', String(core), ...command] : command
  const [file = '', ...args] = pinned
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ipc === true ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => written.set(child, ((written.get(child) ?? '') + String(data)).slice(-4_000)))
  }
  return child
}

/** The next message of a child; throws with its last words when it ends instead. */
export async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const abort = new AbortController()
  const { signal } = abort
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Message),
      once(child, 'exit', { signal }).then(([code]): never => {
        throw new Error(`a process ended with code ${code}: ${lastWords(child)}`)
      }),
    ])
  } finally {
    abort.abort()
  }
}

export function lastWords(child: ChildProcess): string {
  return (written.get(child) ?? '').trim()
}

/** Ends a process and its descendants, each by its id, and waits for it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const tree = treeOf(child.pid)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => killAll(tree), 5_000)
  await gone
  clearTimeout(late)
  killAll(tree.slice(1))
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids.toReversed()) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It had ended.
    }
  }
}

export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end))
}

process.on('exit', () => {
  for (const child of running) if (child.pid !== undefined) killAll(treeOf(child.pid))
})
