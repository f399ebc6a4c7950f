/**
 * A bundled Worker under the Miniflare API with all that its wrangler.toml binds, as a process of its own.
 * Usage: node serve-miniflare.ts SETTINGS, a JSON text; it tells its address over IPC.
 */
import { startLocalWorker } from '../../../src/cli/dev/local-worker.ts'
import type { WorkerToRun } from '../../../src/cli/dev/run-worker.ts'

const settings = JSON.parse(process.argv[2] ?? '') as Omit<WorkerToRun, 'log' | 'host' | 'port'>
const worker = await startLocalWorker({ ...settings, host: '127.0.0.1', port: 0, log: (line) => console.error(line) })

async function stop(): Promise<void> {
  await worker.stop()
  process.exit(0)
}

process.once('SIGTERM', () => void stop())
process.once('disconnect', () => void stop())
process.send?.({ port: Number(new URL(worker.url).port) })
