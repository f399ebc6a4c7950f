/** The command line of `npm run connect`. */
import { parseArgs } from 'node:util'
import { CLIENTS } from './clients.ts'
import { ConnectError } from './connect-error.ts'

export interface ConnectFlags {
  /** Null only with `help`. */
  readonly client: string | null
  readonly action: 'print' | 'write' | 'undo'
  readonly url: string | null
  readonly key: string | null
  /** State folder of `npm start`. */
  readonly persist: string
  readonly help: boolean
}

export const HELP = `Connects a coding agent to the gateway.

  npm run connect -- <client> [--write | --undo] [--url URL] [--key KEY] [--persist DIR]

  <client>       ${[...CLIENTS.keys()].join(', ')}
  --write        write the client's settings file instead of printing what to paste; what was there is kept
  --undo         put back what the last --write replaced, byte for byte
  --url URL      the gateway (the one that npm start runs, else http://127.0.0.1:8787)
  --key KEY      your Headgate key (the first key that npm start made)
  --persist DIR  state folder of npm start (.headgate/state)
`

/** @throws ConnectError with one sentence for what cannot be understood */
export function parseConnectFlags(args: readonly string[]): ConnectFlags {
  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: true,
      options: {
        write: { type: 'boolean', default: false },
        undo: { type: 'boolean', default: false },
        url: { type: 'string' },
        key: { type: 'string' },
        persist: { type: 'string', default: '.headgate/state' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new ConnectError(`${reason.replace(/\.$/, '')}. "npm run connect -- --help" lists the flags.`)
  }
  const { values, positionals } = parsed
  const [client = null, ...more] = positionals
  if (values.write && values.undo) throw new ConnectError('--write and --undo exclude each other.')
  if (!values.help && (client === null || more.length > 0 || !CLIENTS.has(client))) {
    throw new ConnectError(`Name one client: ${[...CLIENTS.keys()].join(', ')}.`)
  }
  return {
    client,
    action: values.write ? 'write' : values.undo ? 'undo' : 'print',
    url: values.url === undefined ? null : originOf(values.url),
    key: values.key === undefined ? null : keyOf(values.key),
    persist: values.persist,
    help: values.help,
  }
}

/** Clients differ in whether their base URL ends in `/v1`; here it never does. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConnectError(`--url takes an http(s) address, not "${text}".`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '')
}

/** What goes into a shell, TOML, YAML and JSON alike without being quoted. */
function keyOf(text: string): string {
  if (!/^[\w.~+/=-]+$/.test(text)) throw new ConnectError('--key takes a key without spaces or quotes.')
  return text
}
