/**
 * A client's settings file changed, and changed back. What was there is kept byte for byte before anything is written;
 * a file appears whole or not at all, at the end of whatever links lead to it. Undo refuses where somebody else has
 * changed the file since, and says where the old bytes lie.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { ConnectError } from './connect-error.ts'

const Change = z.object({
  path: z.string(),
  /** Base64; null: there was no file. */
  before: z.string().nullable(),
  mode: z.number().int(),
  /** SHA-256 of what was written. */
  after: z.string(),
})
type Change = z.infer<typeof Change>
const Changes = z.array(Change)

/** Keys stand in these files: a new one is for its owner only. */
const PRIVATE = 0o600

/** Where what was there before is kept. */
export function backupPath(home: string, client: string): string {
  return join(home, '.headgate', 'connect', `${client}.json`)
}

/**
 * Writes a client's settings.
 *
 * @param merge the new text, given the old one
 * @returns false when the file already says so
 * @throws ConnectError naming the file, when it cannot be read, changed or written
 */
export function applyChange(path: string, backup: string, merge: (before: string | null) => string): boolean {
  return telling(path, () => {
    const real = existsSync(path) ? realpathSync(path) : path
    const old = existsSync(real) ? readFileSync(real) : null
    const written = Buffer.from(merge(old === null ? null : old.toString('utf8')), 'utf8')
    if (old?.equals(written) === true) return false
    const mode = old === null ? PRIVATE : statSync(real).mode & 0o777
    const changes = readChanges(backup)
    const last = changes.at(-1)
    const ours = old !== null && last !== undefined && last.path === real && last.after === hashOf(old)
    const change: Change = {
      path: real,
      // What this tool wrote itself is not worth going back to.
      before: ours ? last.before : (old?.toString('base64') ?? null),
      mode: ours ? last.mode : mode,
      after: hashOf(written),
    }
    saveChanges(backup, [...(ours ? changes.slice(0, -1) : changes), change])
    writeWhole(real, written, mode)
    return true
  })
}

/**
 * Puts back what the last change replaced.
 *
 * @returns the path of the file; null when there is nothing to undo
 * @throws ConnectError when the file was changed by somebody else since
 */
export function undoChange(backup: string): string | null {
  const changes = readChanges(backup)
  const last = changes.at(-1)
  if (last === undefined) return null
  return telling(last.path, () => {
    const before = last.before === null ? null : Buffer.from(last.before, 'base64')
    const now = existsSync(last.path) ? readFileSync(last.path) : null
    const asBefore = before === null ? now === null : now?.equals(before) === true
    if (!asBefore && (now === null || hashOf(now) !== last.after)) {
      throw new ConnectError(
        `it was changed since, so it was left as it is; what was there before is kept in ${backup}`,
      )
    }
    if (before === null) rmSync(last.path, { force: true })
    else if (!asBefore) writeWhole(last.path, before, last.mode)
    saveChanges(backup, changes.slice(0, -1))
    return last.path
  })
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Beside the target, so that the rename stays on one file system. */
function writeWhole(path: string, bytes: Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(temporary, bytes, { mode, flag: 'wx' })
    // The process's mask may have taken bits away.
    chmodSync(temporary, mode)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function readChanges(backup: string): readonly Change[] {
  if (!existsSync(backup)) return []
  try {
    return Changes.parse(JSON.parse(readFileSync(backup, 'utf8')))
  } catch (error) {
    throw new ConnectError(`${backup} is damaged: move it away to go on without what it keeps.`, error)
  }
}

function saveChanges(backup: string, changes: readonly Change[]): void {
  if (changes.length === 0) rmSync(backup, { force: true })
  else writeWhole(backup, Buffer.from(`${JSON.stringify(changes, null, 2)}\n`), PRIVATE)
}

/** Says of every failure which file it is about. */
function telling<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ConnectError) throw new ConnectError(`${path}: ${error.message}.`.replace(/\.\.$/, '.'), error)
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new ConnectError(`${path} cannot be changed (${code}).`, error)
  }
}
