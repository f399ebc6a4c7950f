/**
 * What a local gateway must remember between runs: its secrets and the first developer key, in a file only its owner
 * can read. Only for this machine: a deployed gateway keeps no key anywhere.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { StartError } from './start-error.ts'

const LocalSecrets = z.object({
  adminToken: z.string().min(1),
  keyPepper: z.string().min(1),
  teamId: z.string().nullable(),
  key: z.string().nullable(),
})
export type LocalSecrets = z.infer<typeof LocalSecrets>

const fileIn = (folder: string): string => join(folder, 'gateway.json')

/**
 * The secrets of an earlier run; null when there was none.
 *
 * @throws StartError when the file is there and cannot be understood
 */
export function readSecrets(folder: string): LocalSecrets | null {
  let text: string
  try {
    text = readFileSync(fileIn(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StartError(`${fileIn(folder)} cannot be read (${(error as NodeJS.ErrnoException).code}).`, error)
  }
  try {
    return LocalSecrets.parse(JSON.parse(text))
  } catch (error) {
    throw new StartError(
      `${fileIn(folder)} is damaged: mend it, or remove the whole folder to start from nothing.`,
      error,
    )
  }
}

/**
 * The secrets of an earlier run, or new ones, which are saved at once.
 *
 * @throws StartError when the file is there and cannot be understood
 */
export function readOrMakeSecrets(folder: string): LocalSecrets {
  const known = readSecrets(folder)
  if (known !== null) return known
  const fresh: LocalSecrets = {
    adminToken: `hga_${randomBytes(32).toString('base64url')}`,
    keyPepper: randomBytes(32).toString('base64url'),
    teamId: null,
    key: null,
  }
  saveSecrets(folder, fresh)
  return fresh
}

/** Writes the file whole or not at all, readable by its owner only. */
export function saveSecrets(folder: string, secrets: LocalSecrets): void {
  const temporary = `${fileIn(folder)}.new`
  writeFileSync(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  // An older file of that name would keep its mode.
  chmodSync(temporary, 0o600)
  renameSync(temporary, fileIn(folder))
}
