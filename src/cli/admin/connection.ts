/** Which gateway, token and team are meant: flags first, then the environment, then what `npm start` left here. */
import { readSecrets } from '../dev/local-secrets.ts'
import { readRunning } from '../dev/persist-folder.ts'
import { AdminError } from './admin-error.ts'
import type { CommandLine } from './command-line.ts'
import type { Command } from './command.ts'

export interface AdminConnection {
  /** Without a path. */
  readonly url: string
  readonly token: string
  /** null: none is known. */
  readonly team: string | null
}

const USUAL_URL = 'http://127.0.0.1:8787'

/**
 * The local gateway's own token goes only to the local gateway.
 *
 * @throws AdminError where there is no token
 * @throws StartError where the state folder cannot be understood
 */
export function connectionTo(
  command: Pick<Command, 'signIn'>,
  line: Pick<CommandLine, 'url' | 'token' | 'persist'>,
  environment: NodeJS.ProcessEnv,
): AdminConnection {
  const localUrl = readRunning(line.persist)?.url ?? USUAL_URL
  const url = originOf(line.url ?? environment['HEADGATE_URL'] ?? localUrl)
  const isLocal = url === localUrl
  const local = isLocal ? readSecrets(line.persist) : null
  const variable = command.signIn === 'bootstrap' ? 'HEADGATE_BOOTSTRAP_TOKEN' : 'HEADGATE_ADMIN_TOKEN'
  const known = command.signIn === 'bootstrap' ? null : (local?.adminToken ?? null)
  const token = line.token ?? environment[variable] ?? known
  if (token === null) {
    const orFolder =
      command.signIn === 'bootstrap' ? '' : ', or name the state folder of a local gateway with --persist'
    throw new AdminError(`There is no token for ${url}: give one with --token or in ${variable}${orFolder}.`)
  }
  return { url, token, team: environment['HEADGATE_TEAM'] ?? local?.teamId ?? null }
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AdminError(`The gateway's address must begin with http:// or https://, not "${text}".`)
  }
  return url.origin
}
