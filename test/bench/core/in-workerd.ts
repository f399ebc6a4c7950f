/** The same pieces of work in the runtime they are made for: processor time of workerd, what an idle call costs taken off. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleWorker } from '../../../src/cli/dev/bundle-worker.ts'
import { conversationBodies } from '../gateway/conversation-bodies.ts'
import { CORES, endAll, launch } from '../gateway/pinned-process.ts'
import { processorTime, treeOf } from '../gateway/process-tree.ts'
import { freePort, rawCommand } from '../gateway/raw-workerd.ts'
import { median } from '../gateway/report.ts'
import { SIZES, type SizeName } from '../gateway/settings.ts'
import { answering } from '../gateway/subjects.ts'

const ROUNDS = 9
const COUNTS: Readonly<Partial<Record<SizeName, number>>> = { '2 KB': 1_000, '100 KB': 300, '1 MB': 40 }

type Row = Record<string, string>

/** Microseconds a call, by part and size. */
export async function workerdRows(): Promise<Record<string, Row>> {
  const cache = join(import.meta.dirname, '../../../.headgate/bench')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'core-'))
  try {
    const modules = await bundleWorker(join(import.meta.dirname, 'wrangler.toml'), join(folder, 'bundle'))
    const port = await freePort()
    const command = rawCommand({ modules, folder, rows: folder, port, vars: {}, objects: {} })
    const child = launch({ command, core: CORES.gateway })
    await answering(child, port)
    const rows: Record<string, Row> = {}
    for (const [size, count] of Object.entries(COUNTS)) {
      const bytes = conversationBodies(SIZES[size as SizeName], true)[0] ?? new Uint8Array()
      await measureSize(
        { url: `http://127.0.0.1:${port}/`, pid: child.pid ?? 0, bytes: new Uint8Array(bytes), count },
        (name, us) => {
          rows[name] = { ...rows[name], [size]: us }
        },
      )
    }
    return rows
  } finally {
    await endAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Work {
  readonly url: string
  readonly pid: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly count: number
}

async function measureSize(work: Work, tell: (name: string, us: string) => void): Promise<void> {
  const names = (await (await ask(work, '')).json()) as string[]
  for (const name of names) {
    const each: number[] = []
    for (let round = -2; round < ROUNDS; round++) {
      const nothing = await spent(work, `?work=${encodeURIComponent(name)}&count=0`)
      const all = await spent(work, `?work=${encodeURIComponent(name)}&count=${work.count}`)
      if (round >= 0) each.push((all - nothing) / work.count)
    }
    tell(name, `${median(each).toFixed(1)} (${Math.min(...each).toFixed(1)}..${Math.max(...each).toFixed(1)})`)
  }
}

async function spent(work: Work, query: string): Promise<number> {
  const tree = treeOf(work.pid)
  const before = processorTime(tree)
  await (await ask(work, query)).arrayBuffer()
  return processorTime(tree) - before
}

async function ask({ url, bytes }: Work, query: string): Promise<Response> {
  const answer = await fetch(`${url}${query}`, { method: 'POST', body: bytes })
  if (!answer.ok) throw new Error(`the core inside workerd answered ${answer.status}`)
  return answer
}
