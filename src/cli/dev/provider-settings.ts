/** Which providers a local gateway talks to: real ones when a key is set, else the scripted one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import * as z from 'zod'
import { StartError } from './start-error.ts'

const NAMES = ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'] as const

/** The providers' own settings, and under names of their own the secrets that PROVIDERS names. */
export type ProviderVars = Readonly<Partial<Record<(typeof NAMES)[number] | 'PROVIDERS', string>>> &
  Readonly<Record<string, string | undefined>>

const Configured = z.array(z.looseObject({ baseUrl: z.string().optional(), apiKeySecret: z.string().optional() }))

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
  const found: Record<string, string> = {}
  const take = (name: string): void => {
    const value = environment[name] || file[name] || ''
    if (value !== '') found[name] = value
  }
  for (const name of [...NAMES, 'PROVIDERS']) take(name)
  for (const { apiKeySecret } of configuredProviders(found)) if (apiKeySecret !== undefined) take(apiKeySecret)
  return found
}

/** The Worker checks the rest of each; here it only matters where they are and which secrets they name. */
function configuredProviders({ PROVIDERS }: ProviderVars): z.infer<typeof Configured> {
  if (PROVIDERS === undefined) return []
  try {
    return Configured.parse(JSON.parse(PROVIDERS))
  } catch (error) {
    throw new StartError('PROVIDERS must be a JSON array of providers.', error)
  }
}

/** Without any provider's key, and without a provider of one's own, the scripted provider answers. */
export function needsScriptedProvider(vars: ProviderVars): boolean {
  const none = vars.ANTHROPIC_API_KEY === undefined && vars.OPENAI_API_KEY === undefined
  return none && configuredProviders(vars).length === 0
}

/** Points both providers at the scripted one. */
export function scriptedProviderVars(url: string): ProviderVars {
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
  const own = configuredProviders(vars).map(({ baseUrl }) => ['PROVIDERS', baseUrl] as const)
  const known = (['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL'] as const).map((name) => [name, vars[name]] as const)
  for (const [name, value] of [...known, ...own]) {
    if (value === undefined) continue
    if (!URL.canParse(value)) throw new StartError(`${name} is not a URL: ${value}`)
    const { hostname, port: target } = new URL(value)
    if (['127.0.0.1', 'localhost', '[::1]', '0.0.0.0'].includes(hostname) && target === String(port)) {
      throw new StartError(`${name} is this gateway's own address (${value}): unset it, it belongs to the client.`)
    }
  }
}
