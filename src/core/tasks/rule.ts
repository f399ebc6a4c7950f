/**
 * The form of a rule and how one is held against the features of a text. A rule is plain data plus, rarely, a small
 * predicate; every field that is given must hold.
 */
import type { RequestSignals } from '../signals/request-signals.ts'
import type { TaskFeatures } from './features.ts'
import type { Concept, Verb } from './lexicon.ts'
import type { TaskType } from './task-types.ts'

/** Verbs that change files. */
export const EDITING: readonly Verb[] = [
  'add',
  'create',
  'implement',
  'fix',
  'change',
  'remove',
  'move',
  'extract',
  'format',
  'improve',
  'migrate',
  'rename',
]
/** Words that tell of something wrong. */
export const FAILURE: readonly Concept[] = ['failing', 'tests_failing', 'suspect', 'hard_bug']
/** Words that spread a change. */
export const WIDE: readonly Concept[] = ['repo_wide', 'everywhere']

export interface TaskRule {
  readonly id: string
  readonly taskType: TaskType
  /** 0..1: how sure the rule is when it matches. */
  readonly confidence: number
  /** The first thing asked for is one of these. */
  readonly leads?: readonly Verb[]
  /** The first thing asked for is none of these. */
  readonly notLed?: readonly Verb[]
  /** One of these is asked for, anywhere in the text. */
  readonly asks?: readonly Verb[]
  /** One of these is the object of the first verb. */
  readonly object?: readonly Concept[]
  /** One concept of every group is mentioned. */
  readonly mentions?: readonly (readonly Concept[])[]
  /** None of these is mentioned. */
  readonly without?: readonly Concept[]
  readonly minWords?: number
  readonly maxWords?: number
  readonly minFiles?: number
  readonly maxFiles?: number
  readonly maxSteps?: number
  readonly question?: boolean
  /** Tier 1 work: false where a stack trace, a complaint or failing things speak against small work. */
  readonly calm?: boolean
  readonly when?: (features: TaskFeatures, signals: RequestSignals) => boolean
}

/** Whether every condition of the rule holds. */
export function ruleMatches(rule: TaskRule, features: TaskFeatures, signals: RequestSignals): boolean {
  return (
    sizeFits(rule, features, signals.filePaths.length) &&
    wordsFit(rule, features) &&
    (rule.question === undefined || rule.question === features.question) &&
    (rule.calm === undefined || rule.calm === isCalm(features, signals)) &&
    (rule.when === undefined || rule.when(features, signals))
  )
}

function sizeFits(rule: TaskRule, features: TaskFeatures, files: number): boolean {
  return (
    features.words >= (rule.minWords ?? 0) &&
    features.words <= (rule.maxWords ?? Infinity) &&
    files >= (rule.minFiles ?? 0) &&
    files <= (rule.maxFiles ?? Infinity) &&
    features.steps <= (rule.maxSteps ?? Infinity)
  )
}

function wordsFit(rule: TaskRule, features: TaskFeatures): boolean {
  const { concepts, verbs, leads } = features
  if (rule.leads && !leads.some((verb) => rule.leads?.includes(verb))) return false
  if (rule.notLed && leads.some((verb) => rule.notLed?.includes(verb))) return false
  if (rule.object && !rule.object.some((concept) => features.object.has(concept))) return false
  if (rule.asks && !rule.asks.some((verb) => verbs.includes(verb))) return false
  if (rule.mentions && !rule.mentions.every((group) => group.some((concept) => concepts.has(concept)))) return false
  return !rule.without?.some((concept) => concepts.has(concept))
}

/** Nothing in the text tells of failure: no stack trace, no complaint, no failing tests. */
function isCalm({ concepts }: TaskFeatures, signals: RequestSignals): boolean {
  return (
    !signals.stackTrace &&
    !signals.complaint &&
    !concepts.has('failing') &&
    !concepts.has('tests_failing') &&
    !concepts.has('hard_bug')
  )
}
