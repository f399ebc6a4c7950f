/**
 * The gateway of `@portkey-ai/gateway`, installed from npm into a folder that is not tracked. Its streams only work with
 * this version of its server, later ones answer 500: "headers immutable".
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const VERSION = '1.15.2'
const MANIFEST = {
  name: 'bench-portkey',
  private: true,
  dependencies: { '@portkey-ai/gateway': VERSION },
  overrides: { '@hono/node-server': '1.13.8' },
}

export interface InstalledPortkey {
  readonly command: (port: number) => readonly string[]
  readonly cwd: string
  readonly label: string
}

/** Null, with the reason told, when npm cannot install it. */
export function installPortkey(folder: string, tell: (line: string) => void): InstalledPortkey | null {
  const home = join(folder, `portkey-${VERSION}`)
  const script = join(home, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (!existsSync(script)) {
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), `${JSON.stringify(MANIFEST, null, 2)}\n`)
    const npm = join(dirname(process.execPath), 'npm')
    try {
      execFileSync(existsSync(npm) ? npm : 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
        cwd: home,
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 120_000,
      })
    } catch (error) {
      tell(`@portkey-ai/gateway is left out, npm could not install it: ${String(error).split('\n')[0]}`)
      return null
    }
  }
  return {
    command: (port) => [process.execPath, script, '--headless', `--port=${port}`],
    cwd: home,
    label: `@portkey-ai/gateway ${VERSION}`,
  }
}
