/** The decision of one admitted call: the pure `decideSpoken`, given what session, ledger and request told. */
import type { ConsideredTarget } from '../core/decisions/decision-record.ts'
import type { RouteDecision, RouteInput } from '../core/routing/decide-route.ts'
import { decideSpoken } from '../core/routing/decide-spoken.ts'
import { estimateContext } from '../core/routing/context.ts'
import { coolingUntil, type Ineligibility } from '../core/routing/eligible.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { BegunSession } from '../core/session/call-opening.ts'
import { classify } from '../core/tasks/classify.ts'
import type { TaskClassification } from '../core/tasks/task-types.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { AdmittedCall } from './admit-call.ts'
import { cacheWish } from './cache-marks.ts'
import type { GatewayContext } from './gateway-context.ts'
import { budgetInTheWay } from './heed-budget.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'
import { refusalError } from './refuse.ts'
import { tellableDialects } from './translate-request.ts'

export interface DecidedCall {
  readonly task: TaskClassification
  readonly decision: RouteDecision
  readonly target: Target
  readonly session: BegunSession
  /** What the log should say of the call whatever becomes of it. */
  readonly warnings: readonly string[]
}

/** A call that goes nowhere. */
export interface RefusedCall {
  readonly error: GatewayError
  /** Where the work would have gone had its budgets afforded it; null: nowhere. */
  readonly wished: DecidedCall | null
  /** Targets that a hard budget left out for want of a price, by id. */
  readonly leftOut: readonly string[]
}

interface DecideContext {
  readonly gateway: GatewayContext
  readonly read: ReadCall
  readonly admitted: AdmittedCall
}

/** @throws GatewayError model_not_found */
export function decideCall(call: IncomingCall, context: DecideContext): DecidedCall | RefusedCall {
  const { session } = context.admitted
  const { signals } = context.read
  const task = classify(signals, session.pinned, context.admitted.team.policy.taskRules)
  const decide = (given: DecideContext): RouteDecision =>
    decideSpoken(routeInput(call, task, given), () => tellableDialects(call, given.read))
  const decision = decide(context)
  if (decision.refusal === 'unknown_model') {
    throw new GatewayError(
      'model_not_found',
      `The model "${signals.requestedModel}" is not known here. Ask for "auto", or see GET /v1/models.`,
      {
        field: 'model',
      },
    )
  }
  const { warnings } = context.admitted.team
  const inTheWay = budgetInTheWay(context.admitted, decision, () => decide(unlimited(context)))
  if (inTheWay !== null) {
    const { refusal, wished } = inTheWay
    const decided = wished.target === null ? null : { task, decision: wished, target: wished.target, session, warnings }
    return { error: refusalError(refusal), wished: decided, leftOut: [] }
  }
  if (decision.target === null) {
    const retryAfterSeconds = coolingSeconds(decision, context.admitted, call.arrivedAt)
    const error = new GatewayError('no_eligible_target', whyNone(decision, context), { retryAfterSeconds })
    return { error, wished: null, leftOut: unpricedOf(decision) }
  }
  return { task, decision, target: decision.target, session, warnings }
}

/** What a hard budget left out, since it could not count what it costs. */
function unpricedOf({ considered }: RouteDecision): string[] {
  const verdict: Ineligibility = 'unpriced_under_hard_budget'
  return considered.filter((row) => row.verdict === verdict).map(({ target }) => target)
}

/** The call as if its budgets afforded every tier. */
function unlimited(context: DecideContext): DecideContext {
  const { admission } = context.admitted
  const affordable = { ...admission, affordableTier: admission.key.highestTier, headroomNano: null }
  return { ...context, admitted: { ...context.admitted, admission: affordable } }
}

function routeInput(
  call: IncomingCall,
  task: TaskClassification,
  { gateway, read, admitted }: DecideContext,
): RouteInput {
  const { session, admission, team } = admitted
  const { signals, scan } = read
  const { coverage, lifetime } = cacheWish(read, admitted)
  return {
    signals,
    needs: scan.needs,
    task,
    ...team,
    session,
    budget: {
      highestTier: admission.key.highestTier,
      affordableTier: admission.affordableTier,
      headroomNano: admission.headroomNano,
      allowedModels: admission.key.allowedModels,
    },
    request: {
      keyId: admission.key.keyId,
      context: estimateContext(session, signals),
      dialects: [call.dialect],
      coverage,
      lifetime,
    },
    availability: { providers: gateway.ports.providers.configured, cooldowns: admission.cooldowns },
    now: call.arrivedAt,
  }
}

/** When the first target that only cools down may be asked again; null: none does, and waiting is in vain. */
function coolingSeconds({ considered }: RouteDecision, { admission, team }: AdmittedCall, now: number): number | null {
  const untils = considered
    .filter(({ verdict }) => verdict === 'cooling_down')
    .map(({ target }) => coolingUntil(target, team.catalog.models.get(target)?.provider ?? '', admission))
  return untils.length === 0 ? null : Math.max(1, Math.ceil((Math.min(...untils) - now) / 1000))
}

/** Names what stood in the way of each target, so that an operator can mend it. */
function whyNone({ considered }: RouteDecision, { admitted, read }: DecideContext): string {
  const { stateProvider } = admitted.session
  const inQuestion = stateProvider === undefined ? considered : considered.filter(isOfHolder)
  const causes = new Map<string, string[]>()
  for (const { target, verdict } of inQuestion) causes.set(verdict, [...(causes.get(verdict) ?? []), target])
  const list = [...causes]
    .map(([verdict, targets]) => `${verdict.replaceAll('_', ' ')}: ${targets.join(', ')}`)
    .join('; ')
  if (stateProvider !== undefined) {
    const held = `What this request goes on from is stored at the provider "${stateProvider}", and none of its models can`
    return `${held} serve it now (${list || 'the catalogue has none'}). To go on elsewhere, ${SEND_ALL}`
  }
  const none = `No model can serve this request now (${list || 'the catalogue is empty'}).`
  return read.scan.needs.providerState === null ? none : `${none} It goes on from what a provider stored: ${SEND_ALL}`
}

const SEND_ALL = 'send the whole conversation instead.'

function isOfHolder({ verdict }: ConsideredTarget): boolean {
  return verdict !== 'provider_state'
}
