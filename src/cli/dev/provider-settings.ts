/** Which providers a local gateway talks to: real ones when a key is set, else the scripted one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { StartError } from './start-error.ts'

const NAMES = ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'] as const

export type ProviderVars = Readonly<Partial<Record<(typeof NAMES)[number], string>>>

function readDevVars(folder: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(join(folder, '.dev.vars'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new StartError(`.dev.vars cannot be read (${(error as NodeJS.ErrnoException).code}).`, error)
  }
}

/**
 * Provider settings from the environment, else from `.dev.vars`. An empty value is no value.
 *
 * @param folder where `.dev.vars` lies, beside wrangler.toml
 */
export function readProviderVars(folder: string, environment: NodeJS.ProcessEnv): ProviderVars {
  const file = readDevVars(folder)
  const found: Partial<Record<(typeof NAMES)[number], string>> = {}
  for (const name of NAMES) {
    const value = environment[name] || file[name] || ''
    if (value !== '') found[name] = value
  }
  return found
}

/** Without any provider key the scripted provider answers. */
export function needsScriptedProvider(vars: ProviderVars): boolean {
  return vars.ANTHROPIC_API_KEY === undefined && vars.OPENAI_API_KEY === undefined
}

/** Points both providers at the scripted one. */
export function scriptedProviderVars(url: string): Required<ProviderVars> {
  return {
    ANTHROPIC_API_KEY: 'scripted',
    ANTHROPIC_BASE_URL: url,
    OPENAI_API_KEY: 'scripted',
    OPENAI_BASE_URL: `${url}/v1`,
  }
}

/**
 * A shell set up for a coding agent has the gateway's own address in `ANTHROPIC_BASE_URL`; a gateway started from it
 * would call itself without end.
 *
 * @throws StartError naming the variable
 */
export function refuseOwnAddress(vars: ProviderVars, port: number): void {
  for (const name of ['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL'] as const) {
    const value = vars[name]
    if (value === undefined) continue
    if (!URL.canParse(value)) throw new StartError(`${name} is not a URL: ${value}`)
    const { hostname, port: target } = new URL(value)
    if (['127.0.0.1', 'localhost', '[::1]', '0.0.0.0'].includes(hostname) && target === String(port)) {
      throw new StartError(`${name} is this gateway's own address (${value}): unset it, it belongs to the client.`)
    }
  }
}
