/** Builds the gateway from the Worker's bindings: the only place that knows both sides. */
import type { DeliverySettings } from './alerts/deliver-alerts.ts'
import { sendAlert } from './alerts/send-alert.ts'
import { readConfig, type Config } from './config.ts'
import type { AlertTeam } from './core/alerts/alert-bodies.ts'
import type { Alert } from './core/alerts/alert.ts'
import type { SendResult } from './core/alerts/delivery.ts'
import { logEntry, type LogDetails, type LogEvent } from './core/log-events.ts'
import type { GatewayContext } from './gateway/gateway-context.ts'
import type { Ledgers, Ports, Sessions } from './gateway/ports.ts'
import { sparingLog } from './gateway/sparing-log.ts'
import { TeamPolicies } from './gateway/team-policies.ts'
import type { LedgerObject } from './objects/ledger-object.ts'
import { BodyBudget } from './http/body-budget.ts'
import { createProviders } from './providers/registry.ts'
import { AccessIdentities } from './security/access-jwt.ts'
import { ApiKeys } from './security/api-key.ts'
import { ChannelSecrets } from './security/channel-secrets.ts'
import type { AlertChannel } from './store/alert-channels.ts'
import type { DeliveryKey } from './store/alerts.ts'

export interface Composition {
  readonly config: Config
  readonly keys: ApiKeys
  /** People who signed in through Cloudflare Access. */
  readonly access: () => AccessIdentities
  readonly gateway: GatewayContext
  /** Where alerts are kept, and how they are sent. */
  readonly alerts: DeliverySettings
  /** Sends one alert to one channel now, and keeps nothing of it. */
  sendAlert(channel: AlertChannel, told: { readonly alert: Alert; readonly team: AlertTeam }): Promise<SendResult>
  /** Room for request bodies, of this isolate. */
  readonly bodies: BodyBudget
  /** A team's ledger, for the admin API. */
  ledger(teamId: string): DurableObjectStub<LedgerObject>
  now(): number
  newId(): string
}

const compositions = new WeakMap<Env, Composition>()

/**
 * Once per isolate.
 * @throws Error naming every setting that is missing or wrong
 */
export function compositionOf(env: Env): Composition {
  const known = compositions.get(env)
  if (known !== undefined) return known
  const composed = compose(env)
  compositions.set(env, composed)
  return composed
}

function compose(env: Env): Composition {
  const config = readConfig(env as unknown as Record<string, unknown>)
  const keys = new ApiKeys(config.peppers)
  const now = () => Date.now()
  const ports: Ports = {
    keys,
    sessions: sessionsOf(env),
    ledgers: ledgersOf(env, config.callSilenceMs),
    providers: createProviders(config.providers),
    log: sparingLog({ write: writeLine }, now),
    now,
    newId,
    random: () => Math.random(),
  }
  const alerts: DeliverySettings = {
    db: env.DB,
    queue: env.ALERTS as Queue<DeliveryKey>,
    secrets: new ChannelSecrets(config.peppers),
    privateHosts: config.alerts.privateHosts,
    pauses: config.alerts.retrySeconds,
    now,
  }
  return {
    config,
    keys,
    access: once(() => new AccessIdentities(config.access)),
    gateway: { ports, policies: new TeamPolicies() },
    alerts,
    sendAlert: (channel, told) => sendAlert(alerts, channel, told),
    bodies: new BodyBudget(config.bodyMemoryBytes),
    ledger: (teamId) => env.LEDGERS.getByName(teamId),
    now,
    newId,
  }
}

function writeLine(event: LogEvent, details: LogDetails): void {
  const { level, line } = logEntry(event, details)
  console[level](line)
}

/** Made at its first use: most isolates only ever serve model calls. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function sessionsOf({ SESSIONS }: Env): Sessions {
  return {
    begin: (name, opening) => SESSIONS.getByName(name).begin(opening),
    record: (name, outcome) => SESSIONS.getByName(name).record(outcome),
    drop: async (name, requestId) => SESSIONS.getByName(name).drop(requestId),
  }
}

function ledgersOf({ LEDGERS }: Env, silenceMs: number): Ledgers {
  return {
    admit(teamId, request) {
      const ledger = LEDGERS.getByName(teamId)
      return request.goesOn === true
        ? ledger.admitNext({ ...request, silenceMs })
        : ledger.admit({ ...request, silenceMs })
    },
    extend: (teamId, reservation, moreNano) => LEDGERS.getByName(teamId).extend(reservation, moreNano),
    trim: async (teamId, reservation, toNano) => {
      await LEDGERS.getByName(teamId).trim(reservation, toNano)
    },
    settle: async (teamId, request) => {
      await LEDGERS.getByName(teamId).settle(request)
    },
    release: async (teamId, reservation, released) => {
      await LEDGERS.getByName(teamId).release(reservation, released)
    },
    reportHealth: async (teamId, report) => {
      await LEDGERS.getByName(teamId).reportHealth(report)
    },
    identify: (teamId, asked) => LEDGERS.getByName(teamId).identify(asked),
  }
}

/** 24 hex digits, unique and in no order. */
function newId(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 24)
}
