/**
 * Evidence that the turn is going badly: tool errors or failing tests in a row, the same call again, a complaint. Each raises the floor
 * by one tier above the tier of the last call, two steps at most, held for the turn. It reads counts, never text.
 */
import type { PinnedChoice, SessionView } from '../session/session-view.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import type { Tier } from '../tasks/task-types.ts'
import { findTarget, type Catalog } from './catalog.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reasons.ts'

export interface EvidenceFloor {
  /** Null: no evidence, new or held. */
  readonly tier: Tier | null
  /** Steps taken in this turn, this call's included. */
  readonly steps: number
  readonly reasons: readonly ReasonCode[]
}

export interface EvidenceInput {
  readonly signals: RequestSignals
  readonly session: SessionView
  readonly policy: Policy
  readonly catalog: Catalog
}

/** The floor that evidence asks for. One call takes one step at most, however much of it is bad. */
export function evidenceFloor(input: EvidenceInput): EvidenceFloor {
  const held = heldChoice(input.session)
  const stepsBefore = held?.evidenceSteps ?? 0
  const seen = newEvidence(input)
  const steps = seen.length > 0 && stepsBefore < input.policy.evidence.maxSteps ? stepsBefore + 1 : stepsBefore
  const last = held?.tier ?? lastTier(input)
  if (steps > stepsBefore && last !== null) return { tier: oneAbove(last), steps, reasons: seen }
  if (stepsBefore > 0 && held !== null) {
    return { tier: held.heldFloor ?? held.tier, steps: stepsBefore, reasons: ['evidence_held'] }
  }
  return { tier: null, steps: stepsBefore, reasons: [] }
}

/** The choice of the turn that is going on; null at a turn's first call. */
export function heldChoice(session: SessionView): PinnedChoice | null {
  return session.iteration > 1 ? session.pinned : null
}

function newEvidence({ signals, session, policy }: EvidenceInput): readonly ReasonCode[] {
  const { toolErrors, repeatedCalls, complaint } = policy.evidence
  const reasons: ReasonCode[] = []
  if (toolErrors !== null && crosses(session.toolErrorsInARow, signals.toolErrors, toolErrors)) {
    reasons.push(signals.testsFailed ? 'evidence_failing_tests' : 'evidence_tool_errors')
  }
  if (repeatedCalls !== null && session.repeatedCalls > 0 && session.repeatedCalls % repeatedCalls === 0) {
    reasons.push('evidence_repeated_call')
  }
  if (complaint && signals.complaint && signals.startsTurn) reasons.push('evidence_complaint')
  return reasons
}

/** Whether a count that grew by at most `added` just reached a multiple of `every`: each step needs its own evidence. */
function crosses(count: number, added: number, every: number): boolean {
  return Math.floor(count / every) > Math.floor(Math.max(0, count - added) / every)
}

/** The tier of the thread's last call: of the last turn's choice, else of the target it went to. */
function lastTier({ session, catalog }: EvidenceInput): Tier | null {
  if (session.pinned !== null) return session.pinned.tier
  return session.lastTarget === null ? null : (findTarget(catalog, session.lastTarget)?.tier ?? null)
}

function oneAbove(tier: Tier): Tier {
  return tier === 1 ? 2 : 3
}
