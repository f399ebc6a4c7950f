/** A gateway for tests: the launcher as its own process, the scripted provider in the test's, a state folder that goes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startUpstream, type Upstream, type UpstreamOptions } from '../../src/cli/upstream.ts'
import { AdminClient } from './admin-client.ts'
import { launchGateway, type Launched } from './launched-gateway.ts'

export interface GatewaySettings {
  /** State folder; it is kept. Without it a new one is made and removed at the end. */
  readonly persist?: string
  /** Settings on top of the scripted provider's, as the launcher takes them from the environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly upstream?: UpstreamOptions
}

export interface TestGateway extends Launched {
  readonly admin: AdminClient
  /** The provider behind the gateway: what it saw and billed, and what it is to do next. */
  readonly upstream: Upstream
}

/** Tells a running scripted provider what to do next; throws when it does not understand. */
export async function script(upstream: { readonly url: string }, rule: object): Promise<void> {
  const answer = await fetch(`${upstream.url}/__script`, { method: 'POST', body: JSON.stringify(rule) })
  if (!answer.ok) throw new Error(`The scripted provider refused: ${await answer.text()}`)
}

/** Starts provider and gateway on free loopback ports and resolves when both answer. */
export async function startGateway(settings: GatewaySettings = {}): Promise<TestGateway> {
  const persist = settings.persist ?? mkdtempSync(join(tmpdir(), 'headgate-test-'))
  const upstream = await startUpstream(settings.upstream)
  const cleanUp = async (): Promise<void> => {
    await upstream.close()
    if (settings.persist === undefined) rmSync(persist, { recursive: true, force: true })
  }
  let launched: Launched
  try {
    launched = await launchGateway({
      persist,
      environment: {
        ANTHROPIC_API_KEY: 'scripted-anthropic',
        ANTHROPIC_BASE_URL: upstream.url,
        OPENAI_API_KEY: 'scripted-openai',
        OPENAI_BASE_URL: `${upstream.url}/v1`,
        ...settings.environment,
      },
    })
  } catch (error) {
    await cleanUp()
    throw error
  }
  return {
    ...launched,
    admin: new AdminClient(launched),
    upstream,
    async stop() {
      const code = await launched.stop()
      await cleanUp()
      return code
    },
    async kill() {
      await launched.kill()
      await cleanUp()
    },
  }
}
