/**
 * The Worker in its runtime, its database up to date. Apart from the rest because what it imports takes a second to
 * load: whatever can be refused is refused before.
 */
import { dirname, resolve } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { applyMigrations } from './apply-migrations.ts'
import { runWorker, type RunningWorker, type WorkerToRun } from './run-worker.ts'

/** @throws StartError when the runtime does not start or a migration fails; nothing runs on then */
export async function startLocalWorker(settings: WorkerToRun): Promise<RunningWorker> {
  const worker = await runWorker(settings)
  try {
    for (const database of unstable_readConfig({ config: settings.configPath }).d1_databases) {
      const migrations = resolve(dirname(settings.configPath), database.migrations_dir ?? 'migrations')
      await applyMigrations(await worker.miniflare.getD1Database(database.binding), migrations)
    }
  } catch (error) {
    await worker.stop()
    throw error
  }
  return worker
}
