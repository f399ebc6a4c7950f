/** A route of the admin API as a command: plain data, so that nothing of the server runs here. */

import type * as z from 'zod'

/** JSON Schema, as far as it is read here. */
export interface FieldSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly FieldSchema[]
  readonly oneOf?: readonly FieldSchema[]
  readonly items?: FieldSchema
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly additionalProperties?: FieldSchema | boolean
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
}

export interface Command {
  /** Group and verb, as in `keys create`. */
  readonly name: string
  readonly method: string
  /** With `:name` for parameters, `/admin/v1` before it. */
  readonly path: string
  readonly summary: string
  readonly description: string | undefined
  readonly query: FieldSchema
  /** null: the route takes none. */
  readonly body: FieldSchema | null
  /** The body is a document of its own, given as a file. */
  readonly bodyIsDocument: boolean
  readonly answer: FieldSchema
  /** Fields of a listed item that a table shows; undefined: the answer is one thing, not a list. */
  readonly columns: readonly string[] | undefined
  /** Fields that are shown once. */
  readonly secrets: readonly string[]
  readonly changes: boolean
  /** Which token it takes. */
  readonly signIn: 'admin' | 'bootstrap'
  /** The field of the body that is a document, which may come from a file; undefined: none is. */
  readonly documentField: string | undefined
  /** What to say when it is done, with fields of the answer in braces; undefined: the answer says it. */
  readonly done: string | undefined
  /** What to say in its place where a field of the answer is 0 or empty. */
  readonly ifNone: { readonly field: string; readonly words: string } | undefined
  /** The answer is that which is gone: there is no more to show of it. */
  readonly removes: boolean
  /** What is wrong with a body, or a query; empty: nothing. */
  problemsOf(what: 'body' | 'query', value: unknown): readonly z.core.$ZodIssue[]
}

/** Fields that become flags: those of the query, and of a body that is not a document. `--team` names the team. */
export function fieldsOf({
  query,
  body,
  bodyIsDocument,
}: Pick<Command, 'query' | 'body' | 'bodyIsDocument'>): ReadonlyMap<string, FieldSchema> {
  const ofBody = body === null || bodyIsDocument ? {} : body.properties
  const all = Object.entries({ ...query.properties, ...ofBody })
  return new Map(all.filter(([field]) => field !== 'teamId'))
}

/** Whether `--file` gives a document: the body, or a field of it. */
export function takesFile({
  bodyIsDocument,
  documentField,
}: Pick<Command, 'bodyIsDocument' | 'documentField'>): boolean {
  return bodyIsDocument || documentField !== undefined
}

/** The path's parameters, in order. */
export function parametersOf({ path }: Pick<Command, 'path'>): string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
}

/** `highestTier` -> `highest-tier` */
export function flagName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** A schema of one kind. */
export interface FieldChoice extends FieldSchema {
  readonly type?: string
}

/** The kinds that a schema allows: itself, or its choices. */
export function choicesOf(schema: FieldSchema): readonly FieldChoice[] {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.flatMap(choicesOf)
  const { type, ...rest } = schema
  if (type === undefined) return [rest]
  return typeof type === 'string' ? [{ ...rest, type }] : type.map((one) => ({ ...rest, type: one }))
}
