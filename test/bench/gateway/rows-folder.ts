/** Where objects keep their rows during a bench. */
import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'

const MEMORY = '/dev/shm'

/**
 * A folder in memory where there is one: a local disk's sync is neither Cloudflare's storage nor anybody's code, and it
 * waits for whatever else the machine writes.
 */
export function rowsFolder(otherwise: string): string {
  return mkdtempSync(existsSync(MEMORY) ? join(MEMORY, 'headgate-bench-') : join(otherwise, 'rows-'))
}
