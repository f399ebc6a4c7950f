/** One headless run of a coding agent: a home and a small repository of its own, an empty environment, a time limit. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const TASK =
  'Read README.md, start a sub-agent that reads README.md as well and answer with its first line, then write HELLO.md with a greeting.'

/** For agents that have no sub-agents. */
export const TASK_ALONE = 'Read README.md, then write HELLO.md with a greeting.'

export interface AgentRun {
  readonly executable: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Files to write before, by path relative to HOME (`~/...`) or to the repository. */
  readonly files: Readonly<Record<string, string>>
}

export interface AgentOutcome {
  readonly exitCode: number | null
  readonly timedOut: boolean
  readonly seconds: number
  readonly output: string
  /** HELLO.md as the agent left it; null when it wrote none. */
  readonly written: string | null
}

/** Makes a home and a repository with one commit in a folder. */
function prepare(folder: string, files: AgentRun['files']): { home: string; repository: string } {
  const home = join(folder, 'home')
  const repository = join(folder, 'repository')
  mkdirSync(home, { recursive: true })
  mkdirSync(repository, { recursive: true })
  writeFileSync(join(repository, 'README.md'), '# Small repository\n\nA place to try a coding agent in.\n')
  for (const [path, text] of Object.entries(files)) {
    const target = path.startsWith('~/') ? join(home, path.slice(2)) : join(repository, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  const git = (...args: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=trial', '-c', 'user.email=trial@localhost', ...args], { cwd: repository })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'beginning')
  return { home, repository }
}

/**
 * Runs an agent to its end.
 *
 * @param folder an empty folder
 * @param limitSeconds after which it is ended with everything it started
 */
export async function runAgent(run: AgentRun, folder: string, limitSeconds: number): Promise<AgentOutcome> {
  const { home, repository } = prepare(folder, run.files)
  const began = performance.now()
  const child = spawn(run.executable, [...run.args], {
    cwd: repository,
    // Its own process group, so that the time limit ends its children too.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      HOME: home,
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      // Nothing leaves this machine: whatever is not the gateway meets a closed port.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
      ...run.environment,
    },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  let timedOut = false
  const limit = setTimeout(() => {
    timedOut = true
    process.kill(-child.pid!, 'SIGKILL')
  }, limitSeconds * 1000)
  await once(child, 'close')
  clearTimeout(limit)
  const hello = join(repository, 'HELLO.md')
  return {
    exitCode: child.exitCode,
    timedOut,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    output,
    written: existsSync(hello) ? readFileSync(hello, 'utf8') : null,
  }
}
