/** What was typed, as a command with its values; still as text, since only the fields know what they are. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { AdminError } from './admin-error.ts'
import { fieldsOf, flagName, parametersOf, takesFile, type Command, type FieldSchema } from './command.ts'

export interface CommandLine {
  /** The path's parameters but the team, in order. */
  readonly positionals: readonly string[]
  /** By field of query or body; true: given without a value. */
  readonly fields: ReadonlyMap<string, readonly (string | true)[]>
  /** Where the document is; `-` is standard input. */
  readonly file: string | null
  readonly url: string | null
  readonly token: string | null
  readonly team: string | null
  /** State folder of `npm start`. */
  readonly persist: string
  readonly json: boolean
  readonly idempotencyKey: string | null
}

const COMMON = {
  url: { type: 'string' },
  token: { type: 'string' },
  team: { type: 'string' },
  persist: { type: 'string', default: '.headgate/state' },
  json: { type: 'boolean', default: false },
  'idempotency-key': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig

/**
 * The command that the line begins with. A group alone means its `list`, or its `show`.
 *
 * @returns null: help is asked for, or nothing
 * @throws AdminError for a command that is none
 */
export function findCommand(
  args: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } | null {
  const [group, verb] = args
  if (group === undefined || group === '--help' || group === '-h') return null
  if (group.startsWith('-')) throw new AdminError(`The command comes before its flags: "teams list ${group} ...".`)
  const named = (name: string): Command | undefined => commands.find((command) => command.name === name)
  const whole = named(`${group} ${verb}`)
  if (whole !== undefined) return { command: whole, rest: args.slice(2) }
  const short =
    verb === undefined || verb.startsWith('-') ? (named(`${group} list`) ?? named(`${group} show`)) : undefined
  if (short !== undefined) return { command: short, rest: args.slice(1) }
  const verbs = commands.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.split(' ')[1])
  throw new AdminError(
    verbs.length > 0
      ? `"${group}" takes one of ${verbs.join(', ')}.`
      : `There is no command "${group}". "npm run admin -- --help" lists them.`,
  )
}

/** @throws AdminError with one sentence for an unknown flag or a missing value */
export function parseCommandLine(command: Command, args: readonly string[]): CommandLine {
  const fields = fieldsOf(command)
  const options: ParseArgsOptionsConfig = { ...COMMON }
  for (const [field, schema] of fields) {
    options[flagName(field)] = isSwitch(schema) ? { type: 'boolean' } : { type: 'string', multiple: true }
  }
  if (takesFile(command)) options['file'] = { type: 'string' }
  const { values, positionals } = parsed(command, args, options)
  const given = new Map<string, readonly (string | true)[]>()
  for (const [field] of fields) {
    const value = values[flagName(field)]
    if (value === true) given.set(field, [true])
    else if (Array.isArray(value)) given.set(field, value.map(String))
  }
  const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null)
  return {
    positionals: checkedPositionals(command, positionals),
    fields: given,
    file: text('file'),
    url: text('url'),
    token: text('token'),
    team: text('team'),
    persist: text('persist') ?? '.headgate/state',
    json: values['json'] === true,
    idempotencyKey: text('idempotency-key'),
  }
}

/** A yes or no whose flag takes no value. */
export function isSwitch(schema: FieldSchema): boolean {
  return schema.type === 'boolean' || schema.format === 'boolean'
}

function parsed(command: Command, args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: true, options })
  } catch (error) {
    throw new AdminError(`${flagProblem(error, args)} "npm run admin -- ${command.name} --help" lists the flags.`)
  }
}

/** Node's first sentence; that a value is missing it says in several. */
function flagProblem(error: unknown, args: readonly string[]): string {
  const text = error instanceof Error ? error.message : String(error)
  const valueless = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument (?:is ambiguous|missing)/.exec(text)?.[1]
  if (valueless === undefined) return `${text.split(/\.(?:\s|$)/)[0] ?? ''}.`
  const next = args[args.indexOf(valueless) + 1] ?? ''
  return /^-[\d.]/.test(next)
    ? `A value such as ${next} is given as ${valueless}=${next}.`
    : `${valueless} needs a value.`
}

function checkedPositionals(command: Command, positionals: readonly string[]): readonly string[] {
  const wanted = parametersOf(command).filter((name) => name !== 'teamId')
  if (positionals.length === wanted.length) return positionals
  const usage = ['npm run admin --', command.name, ...wanted.map((name) => `<${flagName(name)}>`)].join(' ')
  const surplus = positionals[wanted.length]
  throw new AdminError(
    surplus === undefined
      ? `<${flagName(wanted[positionals.length] ?? '')}> is needed: "${usage}".`
      : `"${surplus}" is one value too many: "${usage}" takes the rest as flags, which --help lists.`,
  )
}
