/**
 * The OpenAPI document of all routes, made from the schemas that check their requests.
 * https://spec.openapis.org/oas/v3.1.1.html
 */
import * as z from 'zod'
import { DESCRIBED_ROUTES, type DescribedRoute } from '../ingress/described-routes.ts'
import { changesSomething, pathParams, type AdminRoute } from './define-route.ts'
import { exampleBody } from './example-body.ts'
import { ADMIN_ROUTES } from './routes.ts'

type Json = Readonly<Record<string, unknown>>

const PARAMS: Readonly<Record<string, string>> = {
  teamId: 'Id of the team.',
  keyId: 'Id of the key, not the key itself.',
  budgetId: 'Id of the budget, as the list of budgets tells it.',
  version: 'Number of the version; 0 is the shipped default.',
  channelId: 'Id of the alert channel.',
  decisionId: 'Id of the call, as its answer told it in `x-headgate-decision`.',
  email: "The person's e-mail address.",
  tokenId: 'Id of the token, not the token itself.',
}

const PROBLEM: Json = {
  type: 'object',
  description: 'What went wrong, as problem details (RFC 9457).',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Id of the request.' },
    errors: {
      type: 'array',
      description: 'Which fields are wrong, and why.',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance'],
}

const SECURITY: Json = {
  adminToken: { type: 'http', scheme: 'bearer', description: '`ADMIN_TOKEN`, or a token of a team (`hga_...`).' },
  access: {
    type: 'apiKey',
    in: 'header',
    name: 'cf-access-jwt-assertion',
    description: 'A person signed in through Cloudflare Access, which adds the header.',
  },
  bootstrapToken: { type: 'http', scheme: 'bearer', description: '`BOOTSTRAP_TOKEN`, worth something once.' },
  key: { type: 'http', scheme: 'bearer', description: "A developer's key (`hg_...`)." },
  keyHeader: { type: 'apiKey', in: 'header', name: 'x-api-key', description: "A developer's key (`hg_...`)." },
}

let made: string | null = null

/** The document as JSON text; made once, at the first call. */
export function openApiText(): string {
  made ??= JSON.stringify(openApiDocument())
  return made
}

function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {}
  const add = (path: string, method: string, operation: Json): void => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  for (const route of DESCRIBED_ROUTES) add(route.path, route.method, describedOperation(route))
  for (const route of ADMIN_ROUTES) add(openApiPath(route.path), route.method, adminOperation(route))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Headgate',
      version: '1',
      description: 'The routes for coding agents, and the admin API under `/admin/v1`.',
    },
    paths,
    components: { schemas: { Problem: PROBLEM }, securitySchemes: SECURITY },
  }
}

function describedOperation(route: DescribedRoute): Json {
  const { method, path, summary, description, reference, needsKey, example } = route
  const params = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
  return {
    operationId:
      `${method.toLowerCase()}${path.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`.replaceAll(
        /\W/g,
        '',
      ),
    tags: [path.startsWith('/v1/') ? 'clients' : 'gateway'],
    summary,
    description,
    ...(reference === undefined ? {} : { externalDocs: { url: reference } }),
    security: needsKey ? [{ key: [] }, { keyHeader: [] }] : [],
    parameters: params.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(example === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: {}, example } } } }),
    responses: { 200: { description: 'The answer.' }, default: { description: "An error, in the client's own form." } },
  }
}

function adminOperation(route: AdminRoute): Json {
  const [tag = ''] = route.name.split(' ')
  const success = String(route.status ?? 200)
  const description = [route.description, whoMay(route)].filter((text) => text !== undefined).join('\n\n')
  return {
    operationId: operationId(route.name),
    tags: [tag],
    summary: route.summary,
    description,
    security: route.signIn === 'bootstrap' ? [{ bootstrapToken: [] }] : [{ adminToken: [] }, { access: [] }],
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.hasBody
      ? {
          requestBody: {
            required: !route.body.safeParse({}).success,
            content: {
              'application/json': { schema: jsonSchema(route.body), example: exampleBody(jsonSchema(route.body)) },
            },
          },
        }
      : {}),
    responses: {
      [success]: { description: 'Done.', content: { 'application/json': { schema: jsonSchema(route.answer) } } },
      default: {
        description: 'It was not done.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    'x-headgate-roles': route.signIn === 'bootstrap' ? [] : ['operator', ...route.allow],
  }
}

function whoMay({ allow, signIn }: AdminRoute): string | undefined {
  if (signIn === 'bootstrap') return undefined
  return `For the operator${allow.length === 0 ? '' : ` and the roles ${allow.join(', ')}`}.`
}

/** `keys create` -> `keysCreate` */
function operationId(name: string): string {
  return name.replaceAll(/[ -](\w)/g, (_, letter: string) => letter.toUpperCase())
}

function openApiPath(path: string): string {
  return `/admin/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`
}

function pathParameters({ path }: AdminRoute): Json[] {
  return pathParams(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    description: PARAMS[name] ?? '',
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: AdminRoute): Json[] {
  const { properties = {}, required = [] } = jsonSchema(query) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof schema['description'] === 'string' ? { description: schema['description'] } : {}),
    ...(required.includes(name) ? { example: exampleBody(schema) } : {}),
    schema,
  }))
}

function headerParameters(route: AdminRoute): Json[] {
  if (!changesSomething(route)) return []
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description:
        'Any text of your own: the same key with the same request is answered as before without doing it twice, for a day.',
      schema: { type: 'string', maxLength: 200 },
    },
  ]
}

/** As a client sees it: what is sent, and what a handler answers with, before defaults and conversions. */
export function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  return rest
}
