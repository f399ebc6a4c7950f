/**
 * What the operator set, checked once per isolate. A wrong setting fails the first request with a sentence that names
 * it, never a later one with a riddle.
 */
import * as z from 'zod'
import { DIALECTS } from './core/dialects/dialect.ts'

const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))

const customProvider = z.strictObject({
  /** Targets are named `name/model`. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  baseUrl: httpUrl,
  dialects: z.array(z.enum(DIALECTS)).min(1).default(['openai-chat-completions']),
  /** The secret that holds the key; a provider on a private network may need none. */
  apiKeySecret: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
})

/** `a, b` */
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

const settings = z.object({
  ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters'),
  KEY_PEPPER: z.string().min(16, 'must have at least 16 characters'),
  /** The pepper that keys issued before the last rotation were hashed with. */
  KEY_PEPPER_PREVIOUS: z.string().min(16).optional(),
  /** Sets up the first team, once, on a gateway that has none. */
  BOOTSTRAP_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  /** Cloudflare Access as sign-in for people: the organisation's address and the application's audience tag. */
  ACCESS_TEAM_DOMAIN: z
    .string()
    .transform((text) => `https://${text.replace(/^https:\/\//, '').replace(/\/+$/, '')}`)
    .pipe(z.url())
    .optional(),
  ACCESS_AUD: z.string().min(1).optional(),
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: httpUrl.default('https://api.anthropic.com'),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: httpUrl.default('https://api.openai.com/v1'),
  /** Further providers, a JSON array. */
  PROVIDERS: z
    .string()
    .default('[]')
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue('must be a JSON array')
        return z.NEVER
      }
    })
    .pipe(z.array(customProvider)),
  /**
   * How long nothing may be heard of a call before what is held for it is charged as an estimate; and how long a provider
   * may be silent in the middle of an answer before it is left. Shorter than models think and agents wait only in tests.
   */
  CALL_SILENCE_SECONDS: z.coerce.number().int().min(1).max(300).default(300),
  DECISION_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  /** Seconds between the attempts to deliver an alert. */
  ALERT_RETRY_SECONDS: list
    .pipe(z.array(z.coerce.number<string>().int().min(0).max(43_200)).max(20))
    .default([10, 30, 120, 600, 1800]),
  /** Hosts that alerts may be sent to although they are not public, over http too. */
  ALERT_PRIVATE_HOSTS: list.default([]),
  MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(100 * 1024 * 1024)
    .default(32 * 1024 * 1024),
  /** An isolate has 128 MB for everything. */
  BODY_MEMORY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(120 * 1024 * 1024)
    .default(88 * 1024 * 1024),
})

export interface ProviderConfig {
  readonly name: string
  readonly baseUrl: string
  readonly dialects: readonly (typeof DIALECTS)[number][]
  readonly apiKey: string | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Config {
  readonly adminToken: string
  /** null: nobody can set the gateway up by a one-time token. */
  readonly bootstrapToken: string | null
  /** null: an Access assertion in a header proves nothing. */
  readonly access: { readonly teamDomain: string; readonly audience: string } | null
  /** The current pepper first. */
  readonly peppers: readonly string[]
  readonly providers: readonly ProviderConfig[]
  readonly callSilenceMs: number
  readonly decisionRetentionDays: number
  readonly maxBodyBytes: number
  readonly alerts: {
    readonly retrySeconds: readonly number[]
    readonly privateHosts: readonly string[]
  }
  /** Of all request bodies that one isolate keeps at once. */
  readonly bodyMemoryBytes: number
}

/**
 * @param env the Worker's bindings; what is not a setting is ignored
 * @throws Error naming every setting that is missing or wrong
 */
export function readConfig(env: Readonly<Record<string, unknown>>): Config {
  const parsed = settings.safeParse(dropEmpty(env))
  if (!parsed.success) throw new Error(`Wrong settings:\n${z.prettifyError(parsed.error)}`)
  const set = parsed.data
  const providers: ProviderConfig[] = []
  if (set.ANTHROPIC_API_KEY !== undefined) {
    providers.push({
      name: 'anthropic',
      baseUrl: set.ANTHROPIC_BASE_URL,
      dialects: ['anthropic-messages'],
      apiKey: set.ANTHROPIC_API_KEY,
      headers: {},
    })
  }
  if (set.OPENAI_API_KEY !== undefined) {
    providers.push({
      name: 'openai',
      baseUrl: set.OPENAI_BASE_URL,
      dialects: ['openai-chat-completions', 'openai-responses'],
      apiKey: set.OPENAI_API_KEY,
      headers: {},
    })
  }
  for (const { apiKeySecret, ...provider } of set.PROVIDERS) {
    providers.push({ ...provider, apiKey: apiKeySecret === undefined ? null : secretOf(env, apiKeySecret) })
  }
  return {
    adminToken: set.ADMIN_TOKEN,
    bootstrapToken: set.BOOTSTRAP_TOKEN ?? null,
    access: accessOf(set.ACCESS_TEAM_DOMAIN, set.ACCESS_AUD),
    peppers: set.KEY_PEPPER_PREVIOUS === undefined ? [set.KEY_PEPPER] : [set.KEY_PEPPER, set.KEY_PEPPER_PREVIOUS],
    providers,
    callSilenceMs: set.CALL_SILENCE_SECONDS * 1000,
    decisionRetentionDays: set.DECISION_RETENTION_DAYS,
    maxBodyBytes: set.MAX_BODY_BYTES,
    alerts: { retrySeconds: set.ALERT_RETRY_SECONDS, privateHosts: set.ALERT_PRIVATE_HOSTS },
    bodyMemoryBytes: set.BODY_MEMORY_BYTES,
  }
}

function accessOf(teamDomain: string | undefined, audience: string | undefined): Config['access'] {
  if (teamDomain !== undefined && audience !== undefined) return { teamDomain, audience }
  if (teamDomain === undefined && audience === undefined) return null
  throw new Error('Wrong settings:\nACCESS_TEAM_DOMAIN and ACCESS_AUD belong together; only one of them is set')
}

/** An empty variable in a `.dev.vars` file means "not set". */
function dropEmpty(env: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function secretOf(env: Readonly<Record<string, unknown>>, name: string): string {
  const secret = env[name]
  if (typeof secret !== 'string' || secret === '')
    throw new Error(`Wrong settings:\nPROVIDERS names the secret ${name}, which is not set`)
  return secret
}
