/** Everything a local gateway is made of, in the order it comes up, and in the opposite order when it ends. */
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { alertVars } from './alert-settings.ts'
import { bundleWorker } from './bundle-worker.ts'
import { firstKey } from './first-key.ts'
import { readOrMakeSecrets } from './local-secrets.ts'
import type { LocalSecrets } from './local-secrets.ts'
import { openPersistFolder } from './persist-folder.ts'
import type { PersistFolder } from './persist-folder.ts'
import { needsScriptedProvider, readProviderVars, refuseOwnAddress, scriptedProviderVars } from './provider-settings.ts'
import type { ProviderVars } from './provider-settings.ts'
import type { RunningWorker } from './run-worker.ts'
import { silenceVars } from './silence-setting.ts'
import { portTaken, StartError } from './start-error.ts'

/** Something that answers like the providers; see `../upstream.ts`. */
export interface ScriptedProvider {
  readonly url: string
  close(): Promise<void>
}

export interface LocalGatewaySettings {
  readonly configPath: string
  readonly host: string
  readonly port: number
  readonly persist: string
  readonly environment: NodeJS.ProcessEnv
  /** Never a real provider, whatever keys are set. */
  readonly alwaysScripted?: boolean
  readonly startScriptedProvider: () => Promise<ScriptedProvider>
  readonly log: (line: string) => void
}

export interface LocalGateway {
  readonly url: string
  readonly key: string
  readonly teamId: string
  readonly adminToken: string
  /** The scripted provider's address; null when a provider key is set. */
  readonly upstreamUrl: string | null
  /** Absolute path of the state folder. */
  readonly persist: string
  /** Resolves when the runtime dies by itself. */
  readonly crashed: Promise<void>
  stop(): Promise<void>
}

/** Undoes what was set up, last first, also when a step of the way up fails. */
class Teardown {
  readonly #steps: (() => unknown)[] = []
  add(step: () => unknown): void {
    this.#steps.push(step)
  }
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}

/** Asks for the port before the build, so that a taken one is told at once. */
async function assertPortFree(host: string, port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((done, fail) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? portTaken(host, port, error)
          : new StartError(`The gateway cannot listen on ${host}:${port} (${error.code}).`, error),
      ),
    )
    probe.listen(port, host, () => probe.close(() => done()))
  })
}

interface Parts {
  readonly folder: PersistFolder
  readonly secrets: LocalSecrets
  readonly providers: ProviderVars
}

async function startWorker(
  settings: LocalGatewaySettings,
  { folder, secrets, providers }: Parts,
): Promise<RunningWorker> {
  const { configPath, host, port, log } = settings
  const modulesRoot = join(folder.path, 'build')
  // The build runs in a process of its own; loading the runtime takes about as long.
  const [modules, { startLocalWorker }] = await Promise.all([
    bundleWorker(configPath, modulesRoot),
    import('./local-worker.ts'),
  ])
  const named = Object.entries(providers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const vars = {
    ...Object.fromEntries(named),
    ...alertVars(settings.environment),
    ...silenceVars(settings.environment),
    ADMIN_TOKEN: secrets.adminToken,
    KEY_PEPPER: secrets.keyPepper,
  }
  return startLocalWorker({ configPath, host, port, log, modules, modulesRoot, vars, storage: join(folder.path, 'v3') })
}

/**
 * Starts the gateway with its database, objects, queue and assets on this machine, and the scripted provider where no
 * provider key is set. Ready when it resolves.
 *
 * @throws StartError when something is in the way; whatever had been started is ended first
 */
export async function startLocalGateway(settings: LocalGatewaySettings): Promise<LocalGateway> {
  const teardown = new Teardown()
  try {
    const folder = openPersistFolder(settings.persist)
    teardown.add(() => folder.release())
    await assertPortFree(settings.host, settings.port)
    const secrets = readOrMakeSecrets(folder.path)
    let providers = readProviderVars(dirname(settings.configPath), settings.environment)
    refuseOwnAddress(providers, settings.port)
    let upstreamUrl: string | null = null
    if (settings.alwaysScripted === true || needsScriptedProvider(providers)) {
      const scripted = await settings.startScriptedProvider()
      teardown.add(() => scripted.close())
      upstreamUrl = scripted.url
      providers = scriptedProviderVars(scripted.url)
    }
    const worker = await startWorker(settings, { folder, secrets, providers })
    teardown.add(() => worker.stop())
    const first = await firstKey(worker.url, folder.path, secrets)
    folder.announce({ url: worker.url, upstreamUrl })
    return {
      url: worker.url,
      ...first,
      adminToken: secrets.adminToken,
      upstreamUrl,
      persist: folder.path,
      crashed: worker.crashed,
      stop: () => teardown.run(),
    }
  } catch (error) {
    await teardown.run()
    throw error
  }
}
