/** What can be asked for: all commands, or one with its flags. */
import { fieldsOf, isSwitch } from './command-line.ts'
import { choicesOf, flagName, parametersOf, type Command, type FieldSchema } from './command.ts'
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
  const usage = [command.name, ...wanted.map((name) => `<${flagName(name)}>`)].join(' ')
  const fields = [...fieldsOf(command)]
  const body = command.bodyIsDocument ? null : command.body
  const required = new Set([...(command.query.required ?? []), ...(body?.required ?? [])])
  const flags = fields.map(([field, schema]) => flagLine(field, schema, required.has(field)))
  const file = command.bodyIsDocument ? ['  --file PATH            the document as JSON; - reads standard input'] : []
  const write = command.changes ? '  --idempotency-key KEY  the same key with the same command is done once\n' : ''
  const parts = [
    command.summary,
    ...(command.description === undefined ? [] : [command.description]),
    `  npm run admin -- ${usage}${fields.length + file.length > 0 ? ' [flags]' : ''}`,
    ...(flags.length + file.length > 0 ? [[...flags, ...file].join('\n')] : []),
    `${COMMON}${write}`.trimEnd(),
  ]
  return `${parts.join('\n\n')}\n`
}

function flagLine(field: string, schema: FieldSchema, required: boolean): string {
  const takes = isSwitch(schema) ? '' : `: ${wordsFor(choicesOf(schema))}`
  const told = [
    ...(required ? ['needed'] : []),
    ...(schema.default === undefined || schema.default === null || isSwitch(schema)
      ? []
      : [`${JSON.stringify(schema.default)} if absent`]),
  ]
  const head = `  --${flagName(field)}${takes}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
  return schema.description === undefined ? head : `${head}\n      ${schema.description.replaceAll('`', '')}`
}
