/** Plain inputs for routing tests: a quiet call of a fresh session, and ways to change it. */
import { DIALECTS, type DialectName } from '../../../src/core/dialects/dialect.ts'
import type { RequestNeeds } from '../../../src/core/dialects/request-scan.ts'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import type { RouteInput } from '../../../src/core/routing/decide-route.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import type { SessionView } from '../../../src/core/session/session-view.ts'
import type { RequestSignals } from '../../../src/core/signals/request-signals.ts'
import type { TaskClassification, TaskType } from '../../../src/core/tasks/task-types.ts'

export const NOW = Date.UTC(2026, 10, 20)

export const NO_NEEDS: RequestNeeds = {
  images: false,
  documents: false,
  tools: false,
  toolChoice: 'default',
  prefill: false,
  thinking: null,
  effort: null,
  sampling: [],
  systemInMessages: false,
  jsonSchema: false,
  signedThinking: false,
  providerState: null,
}

const QUIET: RequestSignals = {
  agent: 'generic',
  requestedModel: 'auto',
  typedText: '',
  startsTurn: true,
  acknowledgement: false,
  complaint: false,
  words: 5,
  filePaths: [],
  stackTrace: false,
  stackTraceFiles: 0,
  planMode: false,
  subagent: false,
  utility: null,
  interactive: null,
  toolResults: 0,
  toolErrors: 0,
  testsFailed: false,
  testsPassed: false,
  edited: false,
  callHash: null,
  callsUnseen: false,
  staticBytes: 60_000,
  conversationBytes: 20_000,
  addedBytes: 500,
  images: 0,
  tools: 0,
  thinkingAsked: false,
  outputLimit: null,
}

export const FRESH: SessionView = {
  sessionId: 'session',
  threadId: 'thread',
  parentThreadId: null,
  turn: 1,
  iteration: 1,
  iterationsWithoutProgress: 1,
  treeIterations: 1,
  turnSpentNano: 0,
  previousRequestId: null,
  sessionCalls: 0,
  lastContextTokens: null,
  lastContextBytes: 0,
  bytesPerToken: 4,
  threadStartTokens: null,
  turnStartTokens: null,
  toolErrorsInARow: 0,
  repeatedCalls: 0,
  pinned: null,
  lastCallAt: null,
  lastTarget: null,
  warm: [],
  expectedIterationsLeft: null,
  growthPerCall: null,
  expectedOutput: null,
  spentNano: 0,
}

function taskOf(taskType: TaskType): TaskClassification {
  return { taskType, source: 'rule', confidence: 1, rule: 'test' }
}

export interface Changes {
  readonly policy?: Omit<PolicyJson, 'schema'> | undefined
  readonly task?: TaskType | undefined
  readonly signals?: Partial<RequestSignals> | undefined
  readonly session?: Partial<SessionView> | undefined
  readonly needs?: Partial<RequestNeeds> | undefined
  readonly budget?: Partial<RouteInput['budget']> | undefined
  readonly context?: Partial<RouteInput['request']['context']> | undefined
  readonly growth?: Partial<RouteInput['request']['context']['growth']> | undefined
  readonly request?: Partial<RouteInput['request']> | undefined
  readonly providers?: readonly string[] | undefined
  readonly cooldowns?: Readonly<Record<string, number>> | undefined
  readonly starting?: RouteInput['starting']
}

/** A call with everything quiet but the changes; Anthropic's dialect, both providers, the whole key. */
export function routeInput(changes: Changes = {}): RouteInput {
  const policy = resolvePolicy({ schema: 1, ...changes.policy }, 1)
  const growth = { turnTokens: 0, sessionTokens: 0, contextTokens: 20_000, ...changes.growth }
  return {
    signals: { ...QUIET, ...changes.signals },
    needs: { ...NO_NEEDS, ...changes.needs },
    task: taskOf(changes.task ?? 'general'),
    policy,
    session: { ...FRESH, ...changes.session },
    budget: { highestTier: 3, affordableTier: 3, headroomNano: null, ...changes.budget },
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(policy.prices),
    request: {
      keyId: 'key',
      context: { contextTokens: 20_000, staticTokens: 15_000, growth, ...changes.context },
      dialects: ['anthropic-messages'],
      coverage: 'tail',
      lifetime: 'short',
      ...changes.request,
    },
    availability: {
      providers: providersOf(...(changes.providers ?? ['anthropic', 'openai'])),
      cooldowns: changes.cooldowns ?? {},
    },
    now: NOW,
    ...(changes.starting === undefined ? {} : { starting: changes.starting }),
  }
}

/** Providers that speak every dialect: which of them a model is offered in, its capabilities say. */
export function providersOf(...names: readonly string[]): ReadonlyMap<string, readonly DialectName[]> {
  return new Map(names.map((name) => [name, DIALECTS]))
}
