/** A command line as the request it stands for. Whatever the gateway would refuse in it is refused here first. */
import { AdminError } from './admin-error.ts'
import type { CommandLine } from './command-line.ts'
import { fieldsOf, flagName, parametersOf, type Command } from './command.ts'
import { problemSentence } from './field-problem.ts'
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
  const search = queryOf(command, { line, values, team })
  const problems = [
    ...problemsIn(command, 'query', Object.fromEntries(search)),
    ...(body === undefined ? [] : problemsIn(command, 'body', body)),
  ]
  if (problems.length > 0) throw new AdminError(problems.join('\n'))
  return {
    method: command.method,
    path: `${pathOf(command, line, team)}${search.size === 0 ? '' : `?${search.toString()}`}`,
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
    // An empty one is a variable that is not set, and would make another path.
    if (value === '' && name !== 'teamId') throw new AdminError(`<${flagName(name)}> is empty.`)
    if (value === undefined || value === null || value === '')
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
    if (field === 'teamId' && value === '') throw new AdminError('Which team? --team, or HEADGATE_TEAM, is empty.')
    if (value !== undefined && value !== null) search.set(field, String(value))
  }
  return search
}

function bodyOf(command: Command, line: CommandLine, values: ReadonlyMap<string, unknown>): unknown {
  const { body, bodyIsDocument, documentField, query } = command
  if (body === null) return undefined
  if (bodyIsDocument) {
    if (line.file === null) throw new AdminError('--file is needed: the document as JSON, or - for standard input.')
    return jsonFile('file', line.file)
  }
  const ofQuery = new Set(Object.keys(query.properties ?? {}))
  const fields = Object.fromEntries([...values].filter(([field]) => !ofQuery.has(field)))
  if (command.method === 'PATCH' && Object.keys(fields).length === 0) {
    throw new AdminError(`What is to change? "npm run admin -- ${command.name} --help" lists the flags.`)
  }
  if (documentField === undefined) return fields
  if (line.file === null) {
    if (fields[documentField] !== undefined) return fields
    throw new AdminError('--file is needed: the document as JSON, or - for standard input.')
  }
  if (fields[documentField] !== undefined) {
    throw new AdminError(`--file and --${flagName(documentField)} both give the document: one of them is enough.`)
  }
  return { ...fields, [documentField]: jsonFile('file', line.file) }
}

/** A sentence for each thing that is wrong, as it was typed. */
function problemsIn(command: Command, what: 'body' | 'query', value: unknown): readonly string[] {
  const isDocument = what === 'body' && command.bodyIsDocument
  return command.problemsOf(what, value).map((issue) => {
    const [field, ...inner] = issue.path.map(String)
    const given = issue.path.reduce<unknown>(
      (part, name) =>
        typeof part === 'object' && part !== null ? (part as Record<PropertyKey, unknown>)[name] : undefined,
      value,
    )
    if (isDocument || field === command.documentField) {
      const path = isDocument ? issue.path : issue.path.slice(1)
      return problemSentence(path.map(String).join('.') || 'The document', issue, given)
    }
    const flag = field === 'teamId' ? 'team' : flagName(field ?? '')
    const place = field === undefined ? 'The command' : `--${flag}`
    return problemSentence(inner.length === 0 ? place : `${place} ${inner.join('.')}`, issue, given)
  })
}
