/** A route of the admin API as a command: plain data, so that nothing of the server runs here. */

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
  /** What is wrong with a body, field by field; empty: nothing. */
  problemsOf(body: unknown): readonly { readonly path: string; readonly message: string }[]
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
