/**
 * How many calls one ledger and one session carry, inside workerd, and whether their history slows them down: calls a
 * second, processor time, and the rows read and written by a call. Run: npm run bench:objects.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleWorker } from '../../src/cli/dev/bundle-worker.ts'
import { CORES, endAll, launch } from './gateway/pinned-process.ts'
import { loadAverage, processorTime, treeOf } from './gateway/process-tree.ts'
import { freePort, rawCommand } from './gateway/raw-workerd.ts'
import { rowsFolder } from './gateway/rows-folder.ts'
import { ledgerMessages, sessionMessages } from './objects/messages.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Calls made before, in all, when a row of the table is measured. */
const HISTORIES = [10, 1_000, 20_000]
const MEASURED = 2_000
/** Outbox, journal and alarms go on for a while: they belong to the calls. */
const DRAIN_MS = 1_500

interface Rows {
  readonly read: number
  readonly written: number
  readonly statements: number
  readonly alarms: number
}

class ObjectBench {
  readonly #url: string
  readonly #pid: number

  constructor(url: string, pid: number) {
    this.#url = url
    this.#pid = pid
  }

  async ask<Answer>(path: string, body: object): Promise<Answer> {
    const answer = await fetch(`${this.#url}/bench/${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.json() as Promise<Answer>
  }

  async measure(kind: 'ledger' | 'session', messages: object, parallel: number): Promise<Record<string, string>> {
    const tree = treeOf(this.#pid)
    const rows = await this.ask<Rows>('rows', {})
    const cpu = processorTime(tree)
    const startedAt = performance.now()
    await this.ask(kind, { ...messages, count: MEASURED, parallel })
    const seconds = (performance.now() - startedAt) / 1_000
    await sleep(DRAIN_MS)
    const after = await this.ask<Rows>('rows', {})
    const each = (name: keyof Rows): string => ((after[name] - rows[name]) / MEASURED).toFixed(2)
    return {
      'calls/s': (MEASURED / seconds).toFixed(0),
      'us a call': ((seconds * 1e6) / MEASURED).toFixed(0),
      'CPU us a call': ((processorTime(tree) - cpu) / MEASURED).toFixed(0),
      'rows read': each('read'),
      'rows written': each('written'),
      statements: each('statements'),
      'alarms set': each('alarms'),
    }
  }

  /** Waits until what the calls so far left behind, a full outbox above all, is put away. */
  async #quiet(): Promise<void> {
    for (let written = -1; ;) {
      await sleep(DRAIN_MS)
      const rows = await this.ask<Rows>('rows', {})
      if (rows.written === written) return
      written = rows.written
    }
  }

  /** Brings the object to so many calls, then measures: one caller after the other, and many side by side. */
  async run(kind: 'ledger' | 'session', messages: object, lanes: readonly number[]): Promise<void> {
    const table: Record<string, Record<string, string>> = {}
    let made = 0
    for (const history of HISTORIES) {
      const missing = history - made
      if (missing > 0) await this.ask(kind, { ...messages, count: missing, parallel: lanes.at(-1) })
      made += Math.max(0, missing)
      await this.#quiet()
      for (const parallel of lanes) {
        table[`after ${made} calls, ${parallel} at once`] = await this.measure(kind, messages, parallel)
        made += MEASURED
      }
    }
    const pair = kind === 'ledger' ? 'admission and settlement' : 'begin and record'
    console.log(`\nOne ${kind} object: a call is ${pair} (load average ${loadAverage()})`)
    console.table(table)
  }
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await (await fetch(`${url}/healthz`)).arrayBuffer()
      return
    } catch (error) {
      if (attempt > 100) throw error
      await sleep(100)
    }
  }
}

const cache = join(ROOT, '.headgate/bench')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'objects-'))
const rows = rowsFolder(folder)
try {
  const modules = await bundleWorker(join(ROOT, 'wrangler.toml'), join(folder, 'bundle'))
  const entry = join(folder, 'bundle', 'counted-worker.js')
  copyFileSync(join(import.meta.dirname, 'objects/counted-worker.js'), entry)
  const port = await freePort()
  const child = launch({
    core: CORES.gateway,
    command: rawCommand({
      folder,
      port,
      rows,
      queue: 'DECISIONS',
      database: 'DB',
      modules: [{ type: 'ESModule', path: entry }, ...modules],
      vars: { ADMIN_TOKEN: 'admin-token-of-the-bench', KEY_PEPPER: 'key-pepper-of-the-bench' },
      objects: { SESSIONS: 'SessionObject', LEDGERS: 'LedgerObject' },
    }),
  })
  const url = `http://127.0.0.1:${port}`
  await answering(url)
  const bench = new ObjectBench(url, child.pid ?? 0)
  const ledger = ledgerMessages('0123456789abcdef')
  await bench.ask('set-up', ledger)
  await bench.run('ledger', ledger, [1, 32])
  // A session's calls follow each other: what runs side by side in it are sub-agents, each in its thread.
  await bench.run('session', sessionMessages('session'), [1])
} finally {
  await endAll()
  rmSync(folder, { recursive: true, force: true })
  rmSync(rows, { recursive: true, force: true })
}
