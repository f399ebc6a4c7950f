/** `npm run admin`: the admin API from a shell. Its commands are the API's routes. */
import { AdminError, EXIT } from './admin/admin-error.ts'
import { findCommand, parseCommandLine } from './admin/command-line.ts'
import { COMMANDS } from './admin/commands.ts'
import { connectionTo } from './admin/connection.ts'
import { commandHelp, overview } from './admin/help.ts'
import { requestOf } from './admin/request-of.ts'
import { send } from './admin/send.ts'
import { shownAnswer } from './admin/shown-answer.ts'
import { StartError } from './dev/start-error.ts'

async function run(args: readonly string[]): Promise<void> {
  const found = findCommand(args, COMMANDS)
  if (found === null) {
    process.stdout.write(overview(COMMANDS))
    return
  }
  const { command, rest } = found
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandHelp(command))
    return
  }
  const line = parseCommandLine(command, rest)
  const connection = connectionTo(command, line, process.env)
  const request = requestOf(command, line, connection.team)
  const answer = await send(connection, request)
  // For scripts: a document that was checked and is wrong is a refusal, too.
  if (typeof answer === 'object' && answer !== null && 'valid' in answer && answer.valid === false) {
    process.exitCode = EXIT.refused
  }
  process.stdout.write(line.json ? `${JSON.stringify(answer, null, 2)}\n` : shownAnswer(command, answer))
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof AdminError) && !(error instanceof StartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof AdminError ? error.exitCode : EXIT.usage
}
