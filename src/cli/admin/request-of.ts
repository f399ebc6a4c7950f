/** A command line as the request it stands for. Whatever the gateway would refuse in it is refused here first. */
import { AdminError } from './admin-error.ts'
import { fieldsOf, type CommandLine } from './command-line.ts'
import { flagName, parametersOf, type Command } from './command.ts'
import { fieldValue, jsonFile } from './field-value.ts'

export interface AdminRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** undefined: none. */
  readonly body: unknown
  /** null: the command changes nothing. */
  readonly idempotencyKey: string | null
}

/**
 * @param team the team that is meant where the line names none; null: none is known
 * @throws AdminError naming the flags that are wrong or missing
 */
export function requestOf(command: Command, line: CommandLine, team: string | null): AdminRequest {
  const values = valuesOf(command, line)
  const body = bodyOf(command, line, values)
  if (body !== undefined) checkBody(command, body)
  const search = queryOf(command, { line, values, team }).toString()
  return {
    method: command.method,
    path: `${pathOf(command, line, team)}${search === '' ? '' : `?${search}`}`,
    body,
    idempotencyKey: command.changes ? (line.idempotencyKey ?? crypto.randomUUID()) : null,
  }
}

function valuesOf(command: Command, line: CommandLine): ReadonlyMap<string, unknown> {
  const schemas = fieldsOf(command)
  return new Map(
    [...line.fields].map(([field, texts]) => [field, fieldValue(flagName(field), schemas.get(field) ?? {}, texts)]),
  )
}

function pathOf(command: Command, line: CommandLine, team: string | null): string {
  const positionals = [...line.positionals]
  const values = new Map<string, string>()
  for (const name of parametersOf(command)) {
    const value = name === 'teamId' ? (line.team ?? team) : positionals.shift()
    if (value === undefined || value === null)
      throw new AdminError('Which team? Name it with --team, or in HEADGATE_TEAM.')
    values.set(name, value)
  }
  return command.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''))
}

interface QueryParts {
  readonly line: CommandLine
  readonly values: ReadonlyMap<string, unknown>
  readonly team: string | null
}

function queryOf({ query }: Command, { line, values, team }: QueryParts): URLSearchParams {
  const search = new URLSearchParams()
  for (const field of Object.keys(query.properties ?? {})) {
    const value = field === 'teamId' ? (line.team ?? team) : values.get(field)
    if (value !== undefined && value !== null) search.set(field, String(value))
    else if (query.required?.includes(field) === true) throw new AdminError(`--${flagName(field)} is missing.`)
  }
  return search
}

function bodyOf({ body, bodyIsDocument, query }: Command, line: CommandLine, values: ReadonlyMap<string, unknown>) {
  if (body === null) return undefined
  if (bodyIsDocument) {
    if (line.file === null) throw new AdminError('Give the document with --file PATH, or --file - for standard input.')
    return jsonFile('file', line.file)
  }
  const ofQuery = new Set(Object.keys(query.properties ?? {}))
  return Object.fromEntries([...values].filter(([field]) => !ofQuery.has(field)))
}

function checkBody(command: Command, body: unknown): void {
  const lines = command.problemsOf(body).map(({ path, message }) => {
    const [field = '', ...inner] = path.split('.')
    const place = command.bodyIsDocument ? path || 'the document' : `--${flagName(field)}`
    return `${place}${command.bodyIsDocument || inner.length === 0 ? '' : ` (${inner.join('.')})`}: ${message}`
  })
  if (lines.length > 0) throw new AdminError(lines.join('\n'))
}
