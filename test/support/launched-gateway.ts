/** The launcher as a child process, exactly as `npm start` runs it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')

export interface Launched {
  readonly url: string
  readonly key: string
  readonly adminToken: string
  readonly upstreamUrl: string | null
  readonly teamId: string
  /** Process id of the launcher. */
  readonly pid: number
  /** What the Worker and the launcher wrote to stderr so far. */
  readonly stderr: () => string
  /** SIGTERM, as a person or a supervisor ends it. Resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL: nothing is put away. */
  kill(): Promise<void>
}

export interface LaunchSettings {
  readonly persist: string
  readonly environment?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

/** The environment without a developer's own providers or gateway. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ANTHROPIC|OPENAI|HEADGATE|CLOUDFLARE|WRANGLER)_/.test(name),
  )
  return { ...Object.fromEntries(kept), ...extra }
}

/** Starts the launcher without waiting for anything. */
export function spawnLauncher(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'src/cli/dev.ts'), ...args], {
    cwd: ROOT,
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Resolves with the exit code, also when the process has ended already. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

/**
 * Starts a gateway on a free port and resolves when it is ready.
 *
 * @throws Error with everything on stderr when it ends before that
 */
export async function launchGateway(settings: LaunchSettings): Promise<Launched> {
  const args = ['--json', '--port', '0', '--persist', settings.persist, ...(settings.flags ?? [])]
  const child = spawnLauncher(args, settings.environment)
  let errors = ''
  child.stderr?.on('data', (chunk) => (errors += chunk))
  const lines = createInterface({ input: child.stdout! })
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    exitOf(child).then((code) => {
      throw new Error(`The launcher ended with code ${code}:\n${errors}`)
    }),
  ])
  const ready = JSON.parse(line) as Pick<Launched, 'url' | 'key' | 'adminToken' | 'upstreamUrl' | 'teamId'>
  return {
    ...ready,
    pid: child.pid!,
    stderr: () => errors,
    async stop() {
      child.kill('SIGTERM')
      return exitOf(child)
    },
    async kill() {
      child.kill('SIGKILL')
      await exitOf(child)
    },
  }
}
