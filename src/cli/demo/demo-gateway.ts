/** Which gateway the day goes through: the one named, the one that runs, or one of its own for the while. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readRunning } from '../dev/persist-folder.ts'
import { readOrMakeSecrets } from '../dev/local-secrets.ts'
import { StartError } from '../dev/start-error.ts'
import { startLocalGateway } from '../dev/start-local-gateway.ts'
import { startUpstream } from '../upstream.ts'

export interface DemoGateway {
  readonly url: string
  readonly key: string
  readonly adminToken: string
  /** The scripted provider behind it; null: unknown, or real ones. */
  readonly upstreamUrl: string | null
  readonly what: string
  /** Made for the demo alone: what else is tried in it disturbs nobody's log. */
  readonly own: boolean
  close(): Promise<void>
}

/** The gateway that runs with a state folder, if its answers cost nothing; null when none runs. */
function runningGateway(persist: string): DemoGateway | null {
  const running = readRunning(persist)
  if (running === null) return null
  if (running.upstreamUrl === null) {
    throw new StartError(
      'The running gateway has a real provider behind it, and the day would cost real money. If that is what you want, name it: --url, --key and --admin-token.',
    )
  }
  const { key, adminToken } = readOrMakeSecrets(persist)
  if (key === null) return null
  const { url, upstreamUrl } = running
  return { url, key, adminToken, upstreamUrl, what: `the running gateway, ${url}`, own: false, close: async () => {} }
}

async function ownGateway(): Promise<DemoGateway> {
  const persist = mkdtempSync(join(tmpdir(), 'headgate-demo-'))
  const removeFolder = (): void => rmSync(persist, { recursive: true, force: true })
  try {
    const gateway = await startLocalGateway({
      configPath: fileURLToPath(new URL('../../../wrangler.toml', import.meta.url)),
      host: '127.0.0.1',
      port: 0,
      persist,
      environment: {},
      // The day must not cost anything.
      alwaysScripted: true,
      startScriptedProvider: () => startUpstream(),
      log: (line) => process.stderr.write(`${line}\n`),
    })
    return {
      ...gateway,
      what: 'a gateway of its own with the scripted provider',
      own: true,
      async close() {
        await gateway.stop()
        removeFolder()
      },
    }
  } catch (error) {
    removeFolder()
    throw error
  }
}

/** Takes the running gateway of a state folder, else starts one. */
export async function findOrStartGateway(persist: string): Promise<DemoGateway> {
  return runningGateway(persist) ?? (await ownGateway())
}
