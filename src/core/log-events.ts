/**
 * What the gateway writes to its log, and how urgent each line is, so that a filter for errors shows what a person has
 * to look into and nothing else: `error` does not mend itself, `warn` is being made good (tried again, or settled by a
 * deadline), `info` is the gateway doing what it was told to.
 */
import type { GatewayErrorCode } from './gateway-error.ts'

export type LogLevel = 'info' | 'warn' | 'error'

const LEVELS = {
  /** A team's budget or cap ended a turn, as its policy says. */
  budget_surfaced: 'info',
  iteration_cap_reached: 'info',
  /** It asks for a model that the catalogue does not have, or for what none of its models can do. */
  call_not_served: 'info',
  /** One attempt at a provider; another may follow. */
  attempt_failed: 'warn',
  /** The provider refused the gateway's own key, or does not know the model. */
  provider_refused: 'error',
  /** It told counts of tokens that no model could have used: the call is settled as an estimate. */
  usage_disbelieved: 'error',
  /** What is held for the call expires by its deadline and is charged as an estimate. */
  not_settled: 'warn',
  hold_not_changed: 'warn',
  health_not_told: 'warn',
  /** Sent, stored or delivered at the next attempt. */
  outbox_not_sent: 'warn',
  not_stored: 'warn',
  alert_not_delivered: 'warn',
  starting_values_not_learned: 'warn',
  internal_error: 'error',
  /** Of a call that failed before its end, the error's code with its cause. */
  provider_unreachable: 'warn',
  provider_timeout: 'warn',
} as const satisfies Readonly<Record<string, LogLevel>>

export type LogEvent = keyof typeof LEVELS

/** What any call can cause, as often as it is made: such lines are written sparingly. */
export const CAUSED_BY_CALLS: ReadonlySet<LogEvent> = new Set(['call_not_served'])

/** Never a prompt, a key or a header. */
export type LogDetails = Readonly<Record<string, string | number | boolean | null>>

export interface LogEntry {
  /** Also the console's method of that name. */
  readonly level: LogLevel
  /** One line of JSON. */
  readonly line: string
}

/** @param event an error's code that nobody placed counts as an error */
export function logEntry(event: LogEvent | GatewayErrorCode, details: LogDetails): LogEntry {
  const level = event in LEVELS ? LEVELS[event as LogEvent] : 'error'
  return { level, line: JSON.stringify({ event, ...details }) }
}
