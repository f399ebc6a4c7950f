/**
 * The folder of the local state, held by one process at a time: two runtimes on one set of SQLite files break both.
 * The lock names its process by id and start time, so that a dead process, or a stranger who got its id later,
 * never blocks the folder.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { StartError } from './start-error.ts'

export interface PersistFolder {
  /** Absolute path. */
  readonly path: string
  /** Lets others find the gateway that runs with this folder. */
  announce(running: Running): void
  /** Gives the folder up. Safe to call twice. */
  release(): void
}

const Running = z.object({
  url: z.string(),
  /** The scripted provider behind it; null: real ones. */
  upstreamUrl: z.string().nullable(),
})
export type Running = z.infer<typeof Running>

const Lock = z.object({ pid: z.number().int().positive(), started: z.string(), running: Running.optional() })
type Lock = z.infer<typeof Lock>

/** When the process began, in the kernel's clock ticks; empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name stands in parentheses and may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isAlive(lock: Lock): boolean {
  try {
    process.kill(lock.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return lock.started === '' || lock.started === startOf(lock.pid)
}

function readLock(path: string): Lock | null {
  try {
    return Lock.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

function tryToLock(path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  writeSync(file, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Lock))
  closeSync(file)
  return true
}

/** Node's own recursive form never returns where a file system refuses folders with ENOENT, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (!existsSync(dirname(path))) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/**
 * Makes the folder if it is not there and takes its lock.
 *
 * @throws StartError when the folder cannot be written, or when a living process holds it
 */
export function openPersistFolder(folder: string): PersistFolder {
  const path = resolve(folder)
  const lockPath = join(path, 'lock')
  let locked: boolean
  try {
    makeFolder(path)
    locked = tryToLock(lockPath)
    if (!locked) {
      const holder = readLock(lockPath)
      if (holder !== null && isAlive(holder)) {
        throw new StartError(
          `Another gateway (process ${holder.pid}) runs with the state folder ${path}: stop it, or give this one its own with --persist.`,
        )
      }
      rmSync(lockPath, { force: true })
      locked = tryToLock(lockPath)
    }
  } catch (error) {
    if (error instanceof StartError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new StartError(`The state folder ${path} cannot be written (${code}).`, error)
  }
  if (!locked) throw new StartError(`Another gateway has just taken the state folder ${path}.`)
  let held = true
  return {
    path,
    announce(running) {
      const lock = { pid: process.pid, started: startOf(process.pid), running } satisfies Lock
      const temporary = `${lockPath}.new`
      writeFileSync(temporary, JSON.stringify(lock), { mode: 0o600 })
      renameSync(temporary, lockPath)
    },
    release() {
      if (held) rmSync(lockPath, { force: true })
      held = false
    },
  }
}

/** The gateway that runs with a state folder; null when none does, or it is not ready yet. */
export function readRunning(folder: string): Running | null {
  const lock = readLock(join(resolve(folder), 'lock'))
  return lock !== null && isAlive(lock) ? (lock.running ?? null) : null
}
