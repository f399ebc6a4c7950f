/**
 * The end of a call: what it cost, what it would have cost, the record of it, told to the session and the ledger side
 * by side. It runs after the last byte; nothing the client waits for comes through here.
 */
import type { Attempt } from '../core/cascade/attempt.ts'
import { NO_USAGE, type Usage } from '../core/chat/usage.ts'
import type { DecisionRecord } from '../core/decisions/decision-record.ts'
import { baselinesOf, ownMarksUsage, type CallToCompare } from '../core/pricing/baseline.ts'
import { costOf } from '../core/pricing/cost.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import { ownCoverage } from '../core/prompt-cache/plan.ts'
import { prefixPrint } from '../core/prompt-cache/volatile.ts'
import { resolveRequestedModel } from '../core/routing/requested-model.ts'
import type { AdmittedCall } from './admit-call.ts'
import type { Caller } from './authenticate.ts'
import { cacheLifetime } from './cache-marks.ts'
import { cacheWarnings } from './cache-warnings.ts'
import type { DecidedCall } from './decide-call.ts'
import { lostPromptsNano } from './expected-prompt.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { Released } from './ports.ts'
import type { PreparedRequest } from './prepare-request.ts'
import type { ReadCall } from './read-call.ts'
import type { SpendWatch } from './spend-watch.ts'
import { sessionLinks, storedAnswer } from './stored-answer.ts'
import { warmedPrefixes } from './warmed-prefixes.ts'

/** All that is known of a call once it was sent. */
export interface SentCall {
  readonly caller: Caller
  readonly read: ReadCall
  readonly admitted: AdmittedCall
  readonly decided: DecidedCall
  readonly prepared: PreparedRequest
  /** What was sent so far, and what became of it. */
  readonly attempts: readonly Attempt[]
  readonly gateway: GatewayContext
  /** Its money, while it runs. */
  readonly spend: SpendWatch
}

/** A call that was decided and not sent. */
export type UnsentCall = Pick<SentCall, 'caller' | 'read' | 'admitted' | 'decided' | 'gateway'>

/** What of a call is logged. */
export type RecordedCall = UnsentCall &
  Pick<SentCall, 'attempts'> & { readonly prepared: Pick<PreparedRequest, 'adaptations' | 'lost' | 'cache'> }

/** How a call ended. */
export interface CallResult {
  readonly ending: DecisionRecord['ending']
  /** HTTP status the client saw. */
  readonly status: number
  /** null: the provider billed nothing. */
  readonly usage: Usage | null
  /** The usage, or a part of it, is an estimate. */
  readonly estimated: boolean
  readonly stopReason: string | null
  /** The provider's id of the answer; null: it told none. */
  readonly responseId: string | null
  readonly firstByteAt: number | null
  readonly warnings: readonly string[]
}

/** Never throws: what could not be told is logged, and the ledger's own alarm settles it as an estimate. */
export async function settleCall(call: IncomingCall, sent: SentCall, result: CallResult): Promise<void> {
  sent.spend.end()
  const record = decisionRecord(call, sent, result)
  const told = await Promise.allSettled([
    settleInLedger(sent, { result, record }),
    recordInSession(call, sent, { result, record }),
  ])
  logFailures(call, told, sent.gateway)
}

interface Ended {
  readonly result: CallResult
  readonly record: DecisionRecord
}

async function settleInLedger(sent: SentCall, { result, record }: Ended): Promise<void> {
  const { gateway, caller, spend } = sent
  const links = sessionLinks(sent, await storedAnswer(sent, result), result)
  await gateway.ports.ledgers.settle(caller.teamId, {
    reservation: spend.reservation,
    costNano: record.costNano ?? 0,
    estimated: record.estimated,
    record,
    ...links,
  })
}

async function recordInSession(call: IncomingCall, sent: SentCall, { result, record }: Ended): Promise<void> {
  const { admitted, decided, gateway } = sent
  const { target } = decided
  await gateway.ports.sessions.record(admitted.sessionName, {
    call: admitted.session.call,
    target: target.id,
    provider: target.model.provider,
    taskType: decided.task.taskType,
    tier: target.tier,
    pinned: decided.decision.pinned,
    usage: result.estimated ? null : result.usage,
    tokenizerRatio: target.model.tokenizerRatio,
    warmed: result.usage === null ? [] : warmedPrefixes(call, sent, result.usage),
    prefix: prefixPrint(sent.read.scan, admitted.session.lastPrefix ?? null),
    costNano: record.costNano ?? 0,
    stopReason: result.stopReason,
    ending: result.ending,
    ...(await storedAnswer(sent, result)),
  })
}

/** The gateway answered the call by itself: it is logged, and else it is as if it had not been made. */
export async function settleUnsent(call: IncomingCall, unsent: UnsentCall, result: CallResult): Promise<void> {
  await withdraw(call, unsent, { record: unsentRecord(call, unsent, result) })
}

/** The record of a call that was decided and not sent. */
export function unsentRecord(call: IncomingCall, unsent: UnsentCall, result: CallResult): DecisionRecord {
  const { caller, read, admitted, decided, gateway } = unsent
  const prepared = { adaptations: [], lost: [], cache: { coverage: ownCoverage(read.scan), unwritten: true } }
  return decisionRecord(call, { caller, read, admitted, decided, gateway, prepared, attempts: [] }, result)
}

/** The call was admitted and never sent: the money held for it is free again, and the session forgets it. */
export async function withdraw(
  call: IncomingCall,
  { caller, admitted, gateway }: Pick<SentCall, 'caller' | 'admitted' | 'gateway'>,
  released: Released = {},
): Promise<void> {
  const { ports } = gateway
  const told = await Promise.allSettled([
    ports.ledgers.release(caller.teamId, admitted.admission.reservation, released),
    ports.sessions.drop(admitted.sessionName, call.requestId),
  ])
  logFailures(call, told, gateway)
}

function logFailures(
  call: IncomingCall,
  told: readonly PromiseSettledResult<unknown>[],
  { ports }: GatewayContext,
): void {
  told.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') return
    ports.log.write('not_settled', {
      requestId: call.requestId,
      object: index === 0 ? 'ledger' : 'session',
      error: String(outcome.reason),
    })
  })
}

function decisionRecord(call: IncomingCall, sent: RecordedCall, result: CallResult): DecisionRecord {
  const { read, admitted, decided, prepared, gateway } = sent
  const { decision, target, task, session } = decided
  const { key } = admitted.admission
  const { policy } = admitted.team
  const endedAt = gateway.ports.now()
  const price = priceOf(admitted.team.prices, target.id, call.arrivedAt)
  const answerNano = result.usage === null ? 0 : costOf(result.usage, price)
  const lostNano = lostPromptsNano(call, sent)
  return {
    id: call.requestId,
    at: call.arrivedAt,
    teamId: key.teamId,
    keyId: key.keyId,
    tags: key.tags,
    dialect: call.dialect,
    agent: read.reading.agent,
    sessionId: session.sessionId,
    threadId: session.threadId,
    subagent: read.reading.subagent,
    turn: session.turn,
    iteration: session.iteration,
    task,
    floor: decision.floor,
    ceiling: decision.ceiling,
    tier: decision.tier,
    target: target.id,
    provider: target.model.provider,
    model: target.model.id,
    requestedModel: read.scan.model,
    policyVersion: policy.version,
    reasons: decision.reasons,
    considered: decision.considered,
    attempts: sent.attempts,
    contextTokens: decision.measures.contextTokens,
    turnGrowthTokens: decision.measures.turnGrowthTokens,
    sessionGrowthTokens: decision.measures.sessionGrowthTokens,
    usage: result.usage ?? NO_USAGE,
    costNano: answerNano === null ? null : answerNano + lostNano,
    ...comparedCosts(call, sent, result.usage),
    overheadNano: lostNano,
    estimated: result.estimated || lostNano > 0,
    status: result.status,
    ending: result.ending,
    stopReason: result.stopReason,
    firstByteMs: result.firstByteAt === null ? null : result.firstByteAt - call.arrivedAt,
    totalMs: endedAt - call.arrivedAt,
    admitMs: admitted.waitedMs,
    adaptations: prepared.adaptations,
    warnings: [
      ...decided.warnings,
      ...prepared.lost.map((name) => `lost:${name}`),
      ...cacheWarnings(sent, result.usage),
      ...result.warnings,
    ],
  }
}

/** What the call would have cost elsewhere and with the client's own marks; all 0 where nothing was billed. */
function comparedCosts(
  call: IncomingCall,
  sent: RecordedCall,
  usage: Usage | null,
): Pick<DecisionRecord, 'baselineNano' | 'baselineMiddleNano' | 'baselineRequestedNano' | 'ownMarksNano'> {
  if (usage === null) return { baselineNano: 0, baselineMiddleNano: 0, baselineRequestedNano: 0, ownMarksNano: 0 }
  const { read, admitted, decided, prepared, gateway } = sent
  const { catalog, prices } = admitted.team
  const { target } = decided
  const requested = resolveRequestedModel(read.scan.model, catalog)
  const compared = comparedCall(call, sent, usage)
  const { topNano, middleNano, requestedNano } = baselinesOf(compared, {
    catalog,
    prices,
    providers: gateway.ports.providers.configured,
    requested: requested.kind === 'model' ? requested.model : null,
  })
  const marked = prepared.adaptations.some((name) => name.startsWith('cache:'))
  const price = priceOf(prices, target.id, call.arrivedAt)
  return {
    baselineNano: topNano,
    baselineMiddleNano: middleNano,
    baselineRequestedNano: requestedNano,
    ownMarksNano: costOf(marked ? ownMarksUsage(compared, target.model) : usage, price),
  }
}

function comparedCall(call: IncomingCall, { read, decided }: RecordedCall, usage: Usage): CallToCompare {
  const { session, target, decision } = decided
  return {
    beganAt: call.arrivedAt,
    usage,
    servedRatio: target.model.tokenizerRatio,
    previous:
      session.lastCallAt === null || session.lastPromptTokens === null
        ? null
        : { beganAt: session.lastCallAt, promptTokens: session.lastPromptTokens },
    staticSeen: session.warm.some(({ scope }) => scope === 'static'),
    staticTokens: decision.measures.staticTokens,
    coverage: ownCoverage(read.scan),
    lifetime: cacheLifetime(read.scan),
  }
}
