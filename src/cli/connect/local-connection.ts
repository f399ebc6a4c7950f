/** Which gateway and key to connect with: those asked for, else those of `npm start` on this machine. */
import { readRunning } from '../dev/persist-folder.ts'
import { readSecrets } from '../dev/local-secrets.ts'
import type { Connection } from './client-setup.ts'
import { ConnectError } from './connect-error.ts'
import type { ConnectFlags } from './flags.ts'

const USUAL_URL = 'http://127.0.0.1:8787'

/**
 * A gateway that does not run now is expected where `npm start` puts it. The first key goes only to the gateway it
 * belongs to: another address needs a key of its own.
 *
 * @throws ConnectError when there is no key
 * @throws StartError when the state folder cannot be understood
 */
export function connectionFor({ url, key, persist }: Pick<ConnectFlags, 'url' | 'key' | 'persist'>): Connection {
  const localUrl = readRunning(persist)?.url ?? USUAL_URL
  const asked = url ?? localUrl
  if (key !== null) return { url: asked, key }
  if (url !== null && url !== localUrl) {
    throw new ConnectError(`Give the key for ${url} with --key, or the state folder of a local gateway with --persist.`)
  }
  const known = readSecrets(persist)?.key ?? null
  if (known === null) {
    throw new ConnectError(
      `There is no key in ${persist}: run npm start once, name its state folder with --persist, or give a key with --key.`,
    )
  }
  return { url: asked, key: known }
}
