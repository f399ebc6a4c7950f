/** The Worker as it would be deployed: wrangler's own build, so that wrangler.toml means the same here and there. */
import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { StartError } from './start-error.ts'

export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Text' | 'Data'
  /** Absolute path. */
  readonly path: string
}

/** What wrangler's default module rules make of a file; anything else in the folder is not a module. */
const MODULE_TYPES: Readonly<Record<string, WorkerModule['type']>> = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
}

function modulesIn(folder: string): readonly WorkerModule[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const modules = paths.flatMap((path) => {
    const type = MODULE_TYPES[extname(path)]
    return type === undefined ? [] : [{ type, path: join(folder, path) }]
  })
  // The runtime takes the first module as the entry.
  return modules.toSorted((a, b) => Number(b.path.endsWith('index.js')) - Number(a.path.endsWith('index.js')))
}

/**
 * Builds the Worker into a folder.
 *
 * @param configPath absolute path of wrangler.toml
 * @param folder where the bundle goes; what it held is removed
 * @returns the bundle's modules, the entry first
 * @throws StartError with wrangler's own words when the build fails
 */
export async function bundleWorker(configPath: string, folder: string): Promise<readonly WorkerModule[]> {
  rmSync(folder, { recursive: true, force: true })
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json')
  const wrangler = join(dirname(manifest), 'bin', 'wrangler.js')
  const child = spawn(process.execPath, [wrangler, 'deploy', '--dry-run', '--config', configPath, '--outdir', folder], {
    cwd: dirname(configPath),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', FORCE_COLOR: '0', CI: 'true' },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail)
    child.once('close', done)
  })
  if (code !== 0) throw new StartError(`The Worker could not be built:\n${output.trim()}`)
  return modulesIn(folder)
}
