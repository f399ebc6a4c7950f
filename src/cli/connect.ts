/** `npm run connect`: points a coding agent at the gateway, by printed lines or in its own settings file. */
import { homedir } from 'node:os'
import { CLIENTS } from './connect/clients.ts'
import { ConnectError } from './connect/connect-error.ts'
import { HELP, parseConnectFlags, type ConnectFlags } from './connect/flags.ts'
import { connectionFor } from './connect/local-connection.ts'
import { applyChange, backupPath, undoChange } from './connect/settings-change.ts'
import { StartError } from './dev/start-error.ts'

function run(flags: ConnectFlags): string {
  const setup = flags.client === null ? undefined : CLIENTS.get(flags.client)
  if (flags.help || flags.client === null || setup === undefined) return HELP
  const backup = backupPath(homedir(), flags.client)
  if (flags.action === 'undo') {
    const path = undoChange(backup)
    return path === null ? `Nothing to undo for ${setup.title}.\n` : `${path} is as it was.\n`
  }
  const connection = connectionFor(flags)
  const also = setup.also(connection)
  const note = also === null ? '' : `${also}\n`
  if (flags.action === 'print') return `--- ${setup.title}, ${setup.where}\n${setup.lines(connection)}\n${note}`
  const { settings } = setup
  if (settings === null) {
    throw new ConnectError(`${setup.title} keeps its settings where no file reaches: type in what "connect" prints.`)
  }
  const path = settings.path(homedir(), process.env)
  const changed = applyChange(path, backup, (before) => settings.merged(before, connection))
  if (!changed) return `${path} is connected already.\n${note}`
  return `${path} is connected to ${connection.url}.\nTo undo: npm run connect -- ${flags.client} --undo\n${note}`
}

try {
  process.stdout.write(run(parseConnectFlags(process.argv.slice(2))))
} catch (error) {
  if (!(error instanceof ConnectError) && !(error instanceof StartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
