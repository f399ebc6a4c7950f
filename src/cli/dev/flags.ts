/** The flags of `npm start`: what may be asked for, and one clear sentence when something else is. */
import { parseArgs } from 'node:util'
import { StartError } from './start-error.ts'

export interface DevFlags {
  /** Port of the gateway; 0 takes a free one. */
  readonly port: number
  readonly host: string
  /** Folder of the local state. */
  readonly persist: string
  /** Print one JSON line instead of the welcome text. */
  readonly json: boolean
  /** Port of the scripted provider; 0 takes a free one. */
  readonly upstreamPort: number
  readonly help: boolean
}

export const HELP = `Runs the gateway on this machine.

  npm start -- [--port N] [--host ADDRESS] [--persist DIR] [--upstream-port N] [--json]

  --port N           port of the gateway (8787; 0 takes a free one)
  --host ADDRESS     address to listen on (127.0.0.1)
  --persist DIR      folder of the local state: database, objects, first key (.headgate/state)
  --upstream-port N  port of the scripted provider, which answers when no provider key is set (a free one)
  --json             print one JSON line when ready, nothing else

Providers come from .dev.vars or the environment (which wins):
ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL, PROVIDERS and the secrets it names.
`

function portOf(name: string, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StartError(`--${name} takes a port between 0 and 65535, not "${text}".`)
  }
  return port
}

/**
 * Reads the command line.
 *
 * @param args everything after the script's name
 * @throws StartError with one sentence for an unknown flag, a missing value or a bad port
 */
export function parseFlags(args: readonly string[]): DevFlags {
  let values
  try {
    values = parseArgs({
      args: [...args],
      strict: true,
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '127.0.0.1' },
        persist: { type: 'string', default: '.headgate/state' },
        json: { type: 'boolean', default: false },
        'upstream-port': { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new StartError(`${reason.replace(/\.$/, '')}. "npm start -- --help" lists the flags.`)
  }
  if (values.persist === '') throw new StartError('--persist takes a folder.')
  if (values.host === '') throw new StartError('--host takes an address.')
  return {
    port: portOf('port', values.port),
    host: values.host,
    persist: values.persist,
    json: values.json,
    upstreamPort: portOf('upstream-port', values['upstream-port']),
    help: values.help,
  }
}
