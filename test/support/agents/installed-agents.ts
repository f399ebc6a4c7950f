/** The published coding agents, installed once into a folder that git ignores. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGES = {
  '@anthropic-ai/claude-code': '2.1.330',
  '@openai/codex': '0.169.0',
  'opencode-ai': '1.18.33',
  cline: '3.0.65',
  '@continuedev/cli': '1.5.47',
  '@vibe-kit/grok-cli': '0.0.34',
} as const

function installedVersion(folder: string, name: string): string | null {
  const manifest = join(folder, 'node_modules', name, 'package.json')
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : null
}

/**
 * Installs what is missing, as far as it can be installed.
 *
 * @returns the folder of their executables
 */
export function installAgents(folder: string): string {
  const missing = Object.entries(PACKAGES).filter(([name, version]) => installedVersion(folder, name) !== version)
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true })
    // npm runs install scripts only for packages that are named here.
    const allowScripts = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, true]))
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts }))
    const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
    // One by one where they do not install together: what is missing is skipped, with a message.
    if (!installs(folder, wanted)) for (const one of wanted) installs(folder, [one])
  }
  return join(folder, 'node_modules', '.bin')
}

function installs(folder: string, wanted: readonly string[]): boolean {
  try {
    execFileSync('npm', ['install', '--no-fund', '--no-audit', '--no-package-lock', ...wanted], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: 300_000,
    })
    return true
  } catch {
    return false
  }
}
