/**
 * A team's ledger in memory. The functions of this room change it in place, in one synchronous step per message, and
 * answer with the rows to write; the object around it commits those rows before the answer leaves. What a crash takes
 * away is exactly what is not in a row.
 */
import type { Cooldown } from '../cascade/cooldown.ts'
import type { Tier } from '../tasks/task-types.ts'
import type { BudgetScope, WatchedBudget } from './budget.ts'
import type { LearnedCosts } from './learned-cost.ts'
import type { OutboxMessage } from './outbox-message.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Heir, Scope, ScopeId, ScopeRow } from './scope.ts'
import { newScope } from './scope.ts'

export const LEDGER_LIMITS = {
  /** How long nothing may be heard of a call before it is charged as an estimate. */
  silenceMs: { usual: 5 * 60_000, least: 1_000 },
  /** After its deadline a reservation of an earlier run is believed for this long, and closed ones are remembered. */
  graceMs: 10 * 60_000,
  /** An expired call can be corrected this long, and this many of them. */
  expiredMs: 24 * 60 * 60_000,
  expired: 1_000,
  /** Request ids closed in this run that an admission is checked against. */
  recent: 20_000,
  /** Calls per row of the journal. */
  page: 32,
  cooldowns: 100,
  /** Crossings remembered as told, and how many of those, the newest, over a restart. */
  told: 20_000,
  toldStored: 200,
  /** Rows of keys; a key under rotation has more than one. */
  keys: 10_000,
  /** Hashes of a key that were rotated away and are still known. */
  oldHashes: 3,
  /** A dead key is kept for longer than any window or call of it may be open, and forgotten a few rows at a time. */
  deadKeyMs: 40 * 24 * 60 * 60_000,
  deadKeysAtOnce: 50,
  budgets: 1_000,
  /** Sessions whose money is kept, where a budget for each session is set, and how long an idle one is. */
  sessions: 4_000,
  sessionIdleMs: 24 * 60 * 60_000,
  /** Names that lead to a session: of one session, and of all together. */
  heirs: 64,
  heirsInAll: 40_000,
} as const

export interface LedgerTeam {
  readonly teamId: string
  readonly name: string
  /** Whom to ask about the team's budgets; null: not said. */
  readonly contact: string | null
  readonly rateLimits: RateLimits
  /** How often it was changed; absent: never. */
  readonly revision?: number
}

/** One virtual key. A key under rotation has several rows of one id, which differ in hash and `retiresAt` alone. */
export interface LedgerKey {
  /** HMAC of the key, hex. */
  readonly keyHash: string
  readonly keyId: string
  readonly name: string
  /** Whose key it is; null: not said. */
  readonly owner: string | null
  readonly tags: Readonly<Record<string, string>>
  /** Models or targets the key may use, by id; null: all. */
  readonly allowedModels: readonly string[] | null
  readonly highestTier: Tier
  /** JSON of a partial policy laid over the team's; null: none. */
  readonly policyOverride: string | null
  /** Counted up whenever the override changes; 0: there never was one. */
  readonly overrideVersion: number
  readonly rateLimits: RateLimits
  readonly expiresAt: number | null
  /** This hash was rotated away and is refused from then on; null: it is the key's newest. */
  readonly retiresAt: number | null
  readonly revokedAt: number | null
  /** How often the key was changed; absent: never. */
  readonly revision?: number
}

/** A call in flight. Amount, guard and deadline are what its newest token says. */
export interface OpenCall {
  readonly requestId: string
  readonly keyId: string
  /** Name of the session it belongs to; null: not told. */
  session: string | null
  /** The run of the ledger that admitted it. */
  readonly epoch: number
  readonly startedAt: number
  readonly silenceMs: number
  amountNano: number
  guardNano: number
  deadlineAt: number
  /** It was trimmed or extended: a trim that comes now is from before. */
  adjusted: boolean
  /** Its last extension was refused: it is ending, and may use its guard. */
  refused: boolean
  /** Row of the journal that holds it; null while none does. */
  page: number | null
  /** Tokens taken for it from the rate limits when it was admitted. */
  takenTokens: number
  /** What was quoted per tier, to learn from; null after a restart. */
  readonly quoted: Readonly<Record<Tier, number | null>> | null
  readonly kind: string | undefined
}

/** A call as the journal keeps it. */
export type JournalledCall = Omit<OpenCall, 'page' | 'quoted' | 'kind'>

/** A call charged at its deadline; a late settlement corrects it. */
export interface ExpiredCall {
  readonly requestId: string
  readonly keyId: string
  readonly session: string | null
  readonly chargedNano: number
  readonly chargedAt: number
  /** Tokens that were taken for it from the rate limits. */
  readonly takenTokens: number
}

export interface OutboxRow {
  readonly seq: number
  readonly requestId: string | null
  /** Until when the request id must be remembered as closed. */
  readonly rememberUntil: number
  readonly message: OutboxMessage
}

/** Request ids of sent outbox rows, remembered so that a token of an earlier run cannot be settled twice. */
export interface Receipt {
  readonly seq: number
  readonly requestIds: readonly string[]
  readonly rememberUntil: number
}

/** One durable change. The object commits all changes of a message together. */
export type LedgerWrite =
  | { readonly table: 'team'; readonly team: LedgerTeam }
  | { readonly table: 'policy'; readonly version: number; readonly json: string }
  | { readonly table: 'starting'; readonly version: number; readonly json: string }
  | { readonly table: 'learned'; readonly learned: readonly (readonly [string, readonly number[]])[] }
  | { readonly table: 'told'; readonly told: readonly (readonly [string, number])[] }
  | { readonly table: 'keys'; readonly key: LedgerKey }
  | { readonly table: 'keys'; readonly removed: string }
  | { readonly table: 'budgets'; readonly budget: WatchedBudget }
  | { readonly table: 'budgets'; readonly removed: string }
  | { readonly table: 'scopes'; readonly scope: ScopeRow }
  | { readonly table: 'scopes'; readonly removed: ScopeId }
  | { readonly table: 'outbox'; readonly row: OutboxRow }
  | { readonly table: 'outbox'; readonly sentUpTo: number }
  | { readonly table: 'receipts'; readonly receipt: Receipt }
  | { readonly table: 'receipts'; readonly forgottenBefore: number }
  | { readonly table: 'journal'; readonly page: number; readonly calls: readonly JournalledCall[] }
  | { readonly table: 'journal'; readonly removed: number }
  | { readonly table: 'expired'; readonly call: ExpiredCall }
  | { readonly table: 'expired'; readonly removed: string }

/** Everything durable, as it is read at the start of a run. */
export interface LedgerRows {
  /** Counted up, durably, at every start. */
  readonly epoch: number
  readonly team: LedgerTeam | null
  readonly policy: { readonly version: number; readonly json: string } | null
  readonly starting: { readonly version: number; readonly json: string } | null
  readonly learned: readonly (readonly [string, readonly number[]])[]
  readonly told: readonly (readonly [string, number])[]
  readonly keys: readonly LedgerKey[]
  readonly budgets: readonly WatchedBudget[]
  readonly scopes: readonly ScopeRow[]
  readonly outbox: readonly Omit<OutboxRow, 'message'>[]
  readonly receipts: readonly Receipt[]
  readonly journal: readonly { readonly page: number; readonly calls: readonly JournalledCall[] }[]
  readonly expired: readonly ExpiredCall[]
}

/** A row of the journal in memory: who is on it, and how many of them are still open. */
export interface JournalPage {
  readonly calls: Set<string>
  openCalls: number
}

export interface Ledger {
  readonly epoch: number
  team: LedgerTeam | null
  policy: { version: number; json: string } | null
  /** Starting values of sessions, learned from the team's log; opaque here. */
  starting: { version: number; json: string } | null
  readonly keys: Map<string, LedgerKey>
  /** The newest row of each key, by its id. */
  readonly keysById: Map<string, LedgerKey>
  readonly budgets: Map<string, WatchedBudget>
  /** The same, by what each is over. */
  budgetsByScope: ReadonlyMap<BudgetScope, readonly WatchedBudget[]>
  /** The team and its keys. */
  readonly scopes: Map<ScopeId, Scope>
  /** Sessions that a budget is over, the one used last at the end. */
  readonly sessions: Map<ScopeId, Scope>
  /** By name, the one used last at the end; `session`: the session that keeps it. */
  readonly heirs: Map<string, { readonly session: string; readonly heir: Heir }>
  readonly open: Map<string, OpenCall>
  /** Not yet in the journal. */
  readonly unjournalled: Set<string>
  readonly pages: Map<number, JournalPage>
  readonly expired: Map<string, ExpiredCall>
  /** Calls of earlier runs known to be closed, until when that must be known. */
  readonly closedEarlier: Map<string, number>
  /** Calls closed in this run, the newest last. */
  readonly recent: Set<string>
  readonly learned: LearnedCosts
  learnedSinceSaved: number
  /** Crossings that were told, until when each is remembered. */
  readonly told: Map<string, number>
  /** Moving average of how long a call takes. */
  typicalCallMs: number
  /** Moving average of the tokens of a call that count for rate limits. */
  typicalTokens: number
  outboxRows: number
  nextSeq: number
  nextPage: number
  /** When the oldest receipt may be forgotten; null: there is none. */
  receiptUntil: number | null
  /** And the newest one. */
  lastReceiptUntil: number
  /** By target id or provider name; what works is not in it. */
  readonly cooldowns: Map<string, Cooldown>
  /** Ids of budgets that refused calls since their row was written. */
  readonly unsavedRefusals: Set<string>
  /** When the next row of a dead key may be forgotten; null: there is none. */
  nextDeadKey: number | null
}

/** Keeps a row of a key: by its hash, and, of the newest hash, by the key's id. */
export function keepKey(ledger: Pick<Ledger, 'keys' | 'keysById'>, key: LedgerKey): void {
  ledger.keys.set(key.keyHash, key)
  if (key.retiresAt === null) ledger.keysById.set(key.keyId, key)
}

/** Must follow every change of the budgets. */
export function indexBudgets(ledger: Pick<Ledger, 'budgets' | 'budgetsByScope'>): void {
  ledger.budgetsByScope = Map.groupBy(ledger.budgets.values(), (budget) => budget.scope)
}

/** Every scope with money: the team, its keys, its sessions. */
export function* allScopes(ledger: Ledger): Iterable<Scope> {
  yield* ledger.scopes.values()
  yield* ledger.sessions.values()
}

/** The scope of the team or a key, made at its first use. */
export function scopeOf(ledger: Ledger, id: ScopeId): Scope {
  const known = ledger.scopes.get(id)
  if (known !== undefined) return known
  const made = newScope(id)
  ledger.scopes.set(id, made)
  return made
}

/** How a scope is called in a message to a person; a session by the name of its key. */
export function scopeName(ledger: Ledger, id: ScopeId): string {
  if (id === 'team') return ledger.team?.name ?? ''
  const session = ledger.sessions.get(id)?.session ?? null
  const keyId = session === null ? id.slice(id.indexOf(':') + 1) : session.keyId
  return ledger.keysById.get(keyId)?.name ?? keyId
}
