/**
 * A route of the admin API as data: its schemas, its words and its handler in one place. The app, the OpenAPI document,
 * the command line and the tests all read the same list of them.
 */
import * as z from 'zod'
import type { Composition } from '../../compose.ts'
import type { TeamRow } from '../../store/directory.ts'
import type { Actor, Role } from './actor.ts'
import type { Change, Outcome } from './record-change.ts'

/** `/teams/:teamId/keys/:keyId` -> `{ teamId: string; keyId: string }` */
type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Readonly<Record<Name, string>>
    : unknown

/** What a handler is given: checked input, who asks, and the way to storage. */
export interface AdminCall<Params = unknown, Query = unknown, Body = unknown, Team = TeamRow | null> {
  readonly actor: Actor
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The team it is about; it exists, and the actor may see it. */
  readonly team: Team
  /** An e-mail address: only what belongs to keys of that person may be told. null: everything of the team. */
  readonly onlyOwner: string | null
  readonly db: D1Database
  readonly composition: Composition
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Makes a change and its line in the audit log. */
  change(change: Change): Promise<Outcome>
}

type TeamOf<Path extends string, From> = Path extends `${string}:teamId${string}`
  ? TeamRow
  : From extends 'query'
    ? TeamRow | null
    : null

const NOTHING = z.strictObject({})
type Nothing = typeof NOTHING

/** What every route states, whatever its types. */
interface RouteWords {
  /** Group and verb, as in `keys create`: the command, the operation's id, and the action in the audit log. */
  readonly name: `${string} ${string}`
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly summary: string
  readonly description?: string
  /** Who may, besides the operator. */
  readonly allow: readonly Role[]
  /** Who signs in; an actor of the admin API if absent. */
  readonly signIn?: 'bootstrap'
  /** 200 if absent. */
  readonly status?: 200 | 201
  /** Fields of the answer that hold a secret, shown once: an answer that is repeated has null there. */
  readonly secrets?: readonly string[]
  /** It changes nothing although it is no GET: no audit line, no idempotency key. */
  readonly readOnly?: true
  /** The answer is a list: the fields of an item that a table shows. */
  readonly columns?: readonly string[]
  /** The body is the document itself, not a set of fields. */
  readonly bodyIsDocument?: true
  /** The field of the body that is a document, as a policy is. */
  readonly documentField?: string
  /** What a person is told when it is done: a sentence with fields of the answer in braces. */
  readonly done?: string
  /** Where that field of the answer is 0 or empty, there is nothing more to tell than this sentence, made alike. */
  readonly ifNone?: { readonly field: string; readonly words: string }
}

interface RouteSpec<
  Path extends string,
  From extends 'query' | undefined,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends RouteWords {
  /** Under `/admin/v1`. A `:teamId` in it is resolved and guarded before the handler runs. */
  readonly path: Path
  /** The team comes as `?teamId=`: the operator may leave it out, and so may whoever has one team only. */
  readonly teamFrom?: From
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer
  handle(
    call: AdminCall<PathParams<Path>, z.output<Query>, z.output<Body>, TeamOf<Path, From>>,
  ): Promise<z.input<Answer>>
}

/** A route as those see it who treat all alike. */
export interface AdminRoute extends RouteWords {
  readonly path: string
  readonly teamFrom: 'path' | 'query' | 'none'
  readonly query: z.ZodType
  readonly body: z.ZodType
  readonly hasBody: boolean
  readonly answer: z.ZodType
  readonly handle: (call: AdminCall) => Promise<unknown>
}

export function defineRoute<
  const Path extends string,
  const From extends 'query' | undefined = undefined,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
  Answer extends z.ZodType = z.ZodNull,
>(spec: RouteSpec<Path, From, Query, Body, Answer>): AdminRoute {
  type Call = Parameters<typeof spec.handle>[0]
  return {
    ...spec,
    teamFrom: spec.path.includes(':teamId') ? 'path' : (spec.teamFrom ?? 'none'),
    query: spec.query ?? NOTHING,
    body: spec.body ?? NOTHING,
    hasBody: spec.body !== undefined,
    // The one place where types are left: the runner has checked what it hands over against these very schemas.
    handle: (call) => spec.handle(call as Call),
  }
}

/** Names of a path's parameters, in order. */
export function pathParams(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
}

export function changesSomething(route: AdminRoute): boolean {
  return route.method !== 'GET' && route.readOnly !== true
}
