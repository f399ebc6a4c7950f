/**
 * All the gateway needs from the outside, as interfaces. `compose.ts` fills them with the Worker's bindings; a test may
 * fill them with anything.
 */
import type { DecisionRecord } from '../core/decisions/decision-record.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import type {
  AdmitAnswer,
  AdmitRequest,
  ExtendAnswer,
  IdentifyAnswer,
  IdentifyRequest,
  Reservation,
  SettleRequest,
} from '../core/ledger/admission.ts'
import type { HealthReport } from '../core/ledger/cooldowns.ts'
import type { LogDetails, LogEvent } from '../core/log-events.ts'
import type { BegunSession, CallOpening } from '../core/session/call-opening.ts'
import type { CallOutcome } from '../core/session/call-outcome.ts'

export interface Sessions {
  /** @param name the session's object, from `Keys.sessionName` */
  begin(name: string, opening: CallOpening): Promise<BegunSession>
  record(name: string, outcome: CallOutcome): Promise<void>
  /** The call was never sent: it is forgotten. */
  drop(name: string, requestId: string): Promise<void>
}

/** What else is to be known of a call that was billed nothing. */
export interface Released {
  readonly record?: DecisionRecord
  /** The budget that had no room for it, by id; waiting for other calls would not have helped. */
  readonly stoppedBy?: string
  /** Targets that a hard budget left out for want of a price, by id: there was no other. */
  readonly leftOut?: readonly string[]
}

export interface Ledgers {
  admit(teamId: string, request: AdmitRequest): Promise<AdmitAnswer>
  /** Holds more for a running call; 0 only tells that it still runs. */
  extend(teamId: string, reservation: Reservation, moreNano: number): Promise<ExtendAnswer>
  /** Gives a part of the hold back. */
  trim(teamId: string, reservation: Reservation, toNano: number): Promise<void>
  settle(teamId: string, request: SettleRequest): Promise<void>
  /** Gives a reservation back: nothing was billed. Without a record nothing is logged. */
  release(teamId: string, reservation: Reservation, released?: Released): Promise<void>
  /** How a target fared in a call that is still going on. */
  reportHealth(teamId: string, report: HealthReport): Promise<void>
  /** Who a key is; holds no money. */
  identify(teamId: string, asked: IdentifyRequest): Promise<IdentifyAnswer>
}

export interface Keys {
  verify(key: string): Promise<{ readonly teamId: string; readonly keyHash: string } | null>
  sessionName(keyHash: string, session: string): Promise<string>
}

/** What a provider is asked to do, by name; each provider knows the path for it. */
export type UpstreamOperation = 'chat' | 'completions' | 'count-tokens'

/** Pieces, to be sent one after the other, where a copy of all would be large. */
export type UpstreamBody = Uint8Array | readonly Uint8Array[]

export interface UpstreamCall {
  readonly provider: string
  readonly dialect: DialectName
  readonly operation: UpstreamOperation
  /** Query string of the client's request, with its `?`; '' if none. */
  readonly query: string
  /** The client's headers that may pass, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: UpstreamBody
  readonly signal: AbortSignal
}

export interface Providers {
  /** Name -> dialects it speaks. */
  readonly configured: ReadonlyMap<string, readonly DialectName[]>
  /** @throws the platform's error when no answer came at all */
  send(call: UpstreamCall): Promise<Response>
}

export interface Log {
  write(event: LogEvent, details: LogDetails): void
}

export interface Ports {
  readonly keys: Keys
  readonly sessions: Sessions
  readonly ledgers: Ledgers
  readonly providers: Providers
  readonly log: Log
  /** Milliseconds since the epoch. */
  now(): number
  newId(): string
  /** From 0 up to 1. */
  random(): number
}
