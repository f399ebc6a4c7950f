/**
 * Names the task of a call: the agent's own small calls first, then the turn that goes on, then the team's rules, then
 * the shipped rules, else `general`. It works from what the person typed and never from injected text; it never chooses
 * a tier (a policy may move a task type to another), and it never throws.
 */
import type { RequestSignals } from '../signals/request-signals.ts'
import { featuresOf } from './features.ts'
import { ruleMatches } from './rule.ts'
import { TASK_RULES } from './rules.ts'
import { TASK_TIERS, type TaskClassification, type TaskType } from './task-types.ts'
import { matchTeamRules, type TeamRule } from './team-rules.ts'

/** The task of the thread's turn so far; null at its first call. */
export interface PreviousTask {
  readonly taskType: TaskType
}

const TURN_CONFIDENCE = 0.9
const DEFAULT_CONFIDENCE = 0.3
/** A complaint this short names no task of its own: "still failing", "that did not work either". */
const BARE_COMPLAINT_WORDS = 12

/**
 * Classifies one call. `previous` is the task of the turn this call may go on with; `teamRules` are the policy's own,
 * already validated. Takes microseconds for an ordinary text and looks at a bounded part of a long one.
 */
export function classify(
  signals: RequestSignals,
  previous: PreviousTask | null,
  teamRules: readonly TeamRule[],
): TaskClassification {
  if (signals.utility === 'autocomplete') {
    return { taskType: 'autocomplete', source: 'agent', confidence: 1, rule: null }
  }
  if (signals.utility !== null) return { taskType: 'utility', source: 'agent', confidence: 1, rule: null }
  if (previous !== null && goesOn(signals)) return theTurns(previous.taskType)
  const own = matchTeamRules(teamRules, signals)
  if (own) return { taskType: own.taskType, source: 'rule', confidence: own.confidence, rule: own.id }
  if (previous !== null && isBareComplaint(signals) && TASK_TIERS[previous.taskType] > 1)
    return theTurns(previous.taskType)
  return byShippedRules(signals)
}

/** Tool results alone, or a word of consent: what was asked before is still what is asked. */
function goesOn(signals: RequestSignals): boolean {
  return !signals.startsTurn || signals.acknowledgement || signals.typedText.trim() === ''
}

function isBareComplaint(signals: RequestSignals): boolean {
  return signals.complaint && signals.words <= BARE_COMPLAINT_WORDS && !signals.stackTrace
}

function theTurns(taskType: TaskType): TaskClassification {
  return { taskType, source: 'turn', confidence: TURN_CONFIDENCE, rule: null }
}

/** A call is classified twice, for what may be held and for the decision, and its text is the same. */
const known = new WeakMap<RequestSignals, TaskClassification>()

function byShippedRules(signals: RequestSignals): TaskClassification {
  const found = known.get(signals) ?? matchShippedRules(signals)
  known.set(signals, found)
  return found
}

function matchShippedRules(signals: RequestSignals): TaskClassification {
  if (signals.typedText.trim() !== '') {
    const features = featuresOf(signals.typedText)
    const rule = TASK_RULES.find((candidate) => ruleMatches(candidate, features, signals))
    if (rule) return { taskType: rule.taskType, source: 'rule', confidence: rule.confidence, rule: rule.id }
  }
  return { taskType: 'general', source: 'default', confidence: DEFAULT_CONFIDENCE, rule: null }
}
