/** `npm start`: the whole gateway on this machine. */
import { fileURLToPath } from 'node:url'
import { connectLines } from './dev/connect-lines.ts'
import { HELP, parseFlags } from './dev/flags.ts'
import { StartError } from './dev/start-error.ts'
import { startLocalGateway } from './dev/start-local-gateway.ts'
import type { LocalGateway } from './dev/start-local-gateway.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const toStderr = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Says that the gateway is up and how to reach it, for a person. */
function welcome(gateway: LocalGateway): string {
  const { url, key, adminToken, upstreamUrl } = gateway
  const clients = connectLines({ url, key }).map(({ client, where, lines }) => `--- ${client}, ${where}\n${lines}\n`)
  const provider =
    upstreamUrl === null
      ? 'Calls go to the providers whose keys are set, and cost what they cost.'
      : `No provider key is set, so a scripted provider on ${upstreamUrl} answers: no call leaves this machine.\n` +
        'Put ANTHROPIC_API_KEY or OPENAI_API_KEY into .dev.vars for real answers.'
  return `Headgate is ready.

  URL          ${url}
  Key          ${key}
  Admin token  ${adminToken}
  Log          ${url}/#token=${adminToken}
  State        ${gateway.persist}

${provider}

${clients.join('\n')}
Ctrl-C ends it.
`
}

/**
 * Resolves with the name of what asks this process to end: a signal, or the death of npm, whose shell keeps signals to
 * itself. Without npm the parent means nothing: a script may start the gateway and leave.
 */
function askedToEnd(): Promise<string> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done(signal))
    if (process.env['npm_lifecycle_event'] === undefined) return
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && done('npm'), 500).unref()
  })
}

async function scriptedProvider(port: number): Promise<Upstream> {
  try {
    return await startUpstream({ port })
  } catch (error) {
    throw new StartError(
      `The scripted provider cannot listen on port ${port}: choose another with --upstream-port.`,
      error,
    )
  }
}

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2))
  if (flags.help) {
    process.stdout.write(HELP)
    return
  }
  const ended = askedToEnd()
  const gateway = await startLocalGateway({
    configPath: fileURLToPath(new URL('../../wrangler.toml', import.meta.url)),
    host: flags.host,
    port: flags.port,
    persist: flags.persist,
    environment: process.env,
    startScriptedProvider: () => scriptedProvider(flags.upstreamPort),
    log: toStderr,
  })
  if (flags.json) {
    const { url, key, adminToken, upstreamUrl, teamId } = gateway
    process.stdout.write(`${JSON.stringify({ url, key, adminToken, upstreamUrl, teamId })}\n`)
  } else {
    process.stdout.write(welcome(gateway))
  }
  const why = await Promise.race([ended, gateway.crashed.then(() => 'crash')])
  await gateway.stop()
  if (why === 'crash') throw new StartError('The runtime ended unexpectedly.')
}

try {
  await main()
  process.exit(0)
} catch (error) {
  if (!(error instanceof StartError)) throw error
  toStderr(error.message)
  process.exit(1)
}
