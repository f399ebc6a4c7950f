/**
 * "What would you do with this?": the decision for a request and its arithmetic. Nothing is sent, and what was held and
 * noted for it is given back.
 */
import type { RouteMeasures } from '../core/routing/decide-route.ts'
import { REASONS, type ReasonCode } from '../core/routing/reasons.ts'
import type { ConsideredTarget } from '../core/decisions/decision-record.ts'
import type { LoopVerdict } from '../core/session/loop-guard.ts'
import type { TaskClassification, Tier } from '../core/tasks/task-types.ts'
import { admitCall } from './admit-call.ts'
import { authenticate } from './authenticate.ts'
import { decideCall } from './decide-call.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import { preparePaid } from './prepare-affordable.ts'
import { readCall } from './read-call.ts'
import { withdraw } from './settle-call.ts'
import { loopVerdict } from './watch-loop.ts'

export interface RouteAnswer {
  readonly task: TaskClassification
  readonly tier: Tier
  readonly floor: Tier
  readonly ceiling: Tier
  readonly target: string
  readonly model: string
  readonly reasons: readonly { readonly code: ReasonCode; readonly meaning: string }[]
  /** Every target that was weighed. Money in nano-dollars. */
  readonly considered: readonly ConsideredTarget[]
  readonly measures: RouteMeasures
  /** What would be changed in the request for its target, and what would be lost. */
  readonly adaptations: readonly string[]
  readonly lost: readonly string[]
  readonly agent: string
  readonly session: { readonly id: string; readonly thread: string; readonly turn: number; readonly iteration: number }
  /** What the iteration caps would do with it: a call that is surfaced or blocked is not sent. */
  readonly loop: LoopVerdict
  readonly policyVersion: number
}

/** @throws what the call itself would throw */
export async function handleRoute(call: IncomingCall, gateway: GatewayContext): Promise<RouteAnswer> {
  const caller = await authenticate(call, gateway.ports.keys)
  const read = await readCall(call)
  const admitted = await admitCall(call, caller, { gateway, read })
  try {
    const decided = decideCall(call, { gateway, read, admitted })
    if ('error' in decided) throw decided.error
    const { decided: served, prepared } = await preparePaid(call, { caller, read, admitted, gateway }, decided)
    const { decision, task, target, session } = served
    const { adaptations, lost } = prepared
    return {
      task,
      tier: decision.tier,
      floor: decision.floor,
      ceiling: decision.ceiling,
      target: target.id,
      model: target.model.id,
      reasons: decision.reasons.map((code) => ({ code, meaning: REASONS[code] })),
      considered: decision.considered,
      measures: decision.measures,
      adaptations,
      lost,
      agent: read.reading.agent,
      session: { id: session.sessionId, thread: session.threadId, turn: session.turn, iteration: session.iteration },
      loop: loopVerdict({ admitted }),
      policyVersion: admitted.team.policy.version,
    }
  } finally {
    await withdraw(call, { caller, admitted, gateway })
  }
}
