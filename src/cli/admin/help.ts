/** What can be asked for: all commands, or one with its flags. */
import { isSwitch } from './command-line.ts'
import { choicesOf, fieldsOf, flagName, parametersOf, takesFile, type Command, type FieldSchema } from './command.ts'
import { wordsFor } from './field-value.ts'

const COMMON = `  --url URL              the gateway (HEADGATE_URL, else the one that npm start runs)
  --token TOKEN          an admin token (HEADGATE_ADMIN_TOKEN, else that of npm start)
  --team ID              the team (HEADGATE_TEAM, else the first one of npm start)
  --persist DIR          state folder of npm start (.headgate/state)
  --json                 print the answer as JSON
`

/** All commands by group. */
export function overview(commands: readonly Command[]): string {
  const widest = Math.max(...commands.map(({ name }) => name.length))
  let group = ''
  const lines = commands.flatMap(({ name, summary }) => {
    const [own = ''] = name.split(' ')
    const line = `  ${name.padEnd(widest)}  ${summary}`
    const gap = own === group ? [] : ['']
    group = own
    return [...gap, line]
  })
  return `Administers a gateway.

  npm run admin -- <command> [arguments] [flags]
${lines.join('\n')}

A group alone means its list. "npm run admin -- <command> --help" tells its flags.

${COMMON}
Exit codes: 0 done, 1 refused by the gateway, 2 not understood, 3 no answer.
`
}

/** One command with its flags. */
export function commandHelp(command: Command): string {
  const wanted = parametersOf(command).filter((name) => name !== 'teamId')
  const body = command.bodyIsDocument ? null : command.body
  const required = new Set([...(command.query.required ?? []), ...(body?.required ?? [])])
  // A document is given as a file; its flag is there for those who know it.
  const fields = [...fieldsOf(command)].filter(([field]) => field !== command.documentField)
  const flags = [
    ...fields.map(([field, schema]) => flagLine(field, schema, required.has(field))),
    ...(takesFile(command) ? ['  --file PATH            the document as JSON (needed); - reads standard input'] : []),
  ]
  const needed = [
    ...fields.filter(([field]) => required.has(field)).map(([field]) => `--${flagName(field)} ...`),
    ...(takesFile(command) ? ['--file PATH'] : []),
  ]
  const usage = [
    command.name,
    ...wanted.map((name) => `<${flagName(name)}>`),
    ...needed,
    ...(flags.length > needed.length ? ['[flags]'] : []),
  ]
  const write = command.changes ? '  --idempotency-key KEY  the same key with the same command is done once\n' : ''
  const parts = [
    command.summary,
    ...(command.description === undefined ? [] : [command.description]),
    `  npm run admin -- ${usage.join(' ')}`,
    ...(flags.length > 0 ? [flags.join('\n')] : []),
    `${commonFlags(fields.map(([field]) => flagName(field)))}${write}`.trimEnd(),
  ]
  return `${parts.join('\n\n').replaceAll('`', '')}\n`
}

/** A flag that means something else in a command is not listed twice: there the environment says it. */
function commonFlags(own: readonly string[]): string {
  const lines = COMMON.split('\n').filter((line) => !own.some((name) => line.startsWith(`  --${name} `)))
  const gateway = own.includes('url')
    ? '  (the gateway is that of HEADGATE_URL, else the one that npm start runs)\n'
    : ''
  return gateway + lines.join('\n')
}

function flagLine(field: string, schema: FieldSchema, required: boolean): string {
  const choices = choicesOf(schema)
  const takes = isSwitch(schema) ? '' : `: ${wordsFor(choices)}`
  const absent = absentWords(schema)
  const told = [...(required ? ['needed'] : []), ...(absent === null ? [] : [`${absent} if absent`])]
  const head = `  --${flagName(field)}${takes}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
  const description = schema.description ?? choices.find((choice) => choice.description !== undefined)?.description
  return description === undefined ? head : `${head}\n      ${description}`
}

/** null: nothing that has to be said. */
function absentWords(schema: FieldSchema): string | null {
  const value = schema.default
  if (value === undefined || value === null || isSwitch(schema)) return null
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value !== 'object') return String(value)
  const set = Object.entries(value).filter(([, part]) => part !== null)
  return set.length === 0 ? null : set.map(([name, part]) => `${name}=${String(part)}`).join(', ')
}
