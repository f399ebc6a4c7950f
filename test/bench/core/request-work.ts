/** What the pure core does with one request, as pieces of work that can be timed wherever they run. */
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import type { BodyText } from '../../../src/core/dialects/body-text.ts'
import { applyEdits } from '../../../src/core/dialects/passthrough.ts'
import { dialectOf } from '../../../src/core/dialects/registry.ts'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog, findTarget } from '../../../src/core/routing/catalog.ts'
import { estimateContext } from '../../../src/core/routing/context.ts'
import { decideRoute } from '../../../src/core/routing/decide-route.ts'
import { DEFAULT_POLICY_JSON, resolvePolicy } from '../../../src/core/routing/policy.ts'
import { quoteRequest } from '../../../src/core/routing/quote.ts'
import { beginCall } from '../../../src/core/session/begin-call.ts'
import { callOpening } from '../../../src/core/session/call-opening.ts'
import { emptySession } from '../../../src/core/session/session-state.ts'
import { readSignals } from '../../../src/core/signals/read-signals.ts'
import { classify } from '../../../src/core/tasks/classify.ts'

export const WORK_HEADERS = { 'x-claude-code-session-id': '11111111-2222-3333-4444-555555555555', 'x-app': 'cli' }
const NOW = Date.UTC(2026, 10, 23, 12)
const DIALECT = dialectOf('anthropic-messages')
const POLICY = resolvePolicy(DEFAULT_POLICY_JSON, 1)
const CATALOG = buildCatalog(POLICY.catalog)
const PRICES = buildPriceBook(POLICY.prices)
const AVAILABILITY = { providers: new Map([['anthropic', ['anthropic-messages'] as const]]), cooldowns: {} }

/** All that happens to a request between its bytes and the provider's, the objects' answers apart, part by part. */
export function requestWork(body: BodyText): Readonly<Record<string, () => unknown>> {
  const scan = DIALECT.scan(body)
  const reading = readAgent(WORK_HEADERS, scan)
  const signals = readSignals(reading, scan)
  const opening = callOpening({ requestId: 'req_1', sessionId: 's', clientRetry: false }, reading, { signals, scan })
  const { begun: session } = beginCall(emptySession(), opening, NOW)
  const task = classify(signals, null, POLICY.taskRules)
  const context = estimateContext(session, signals)
  const facts = { keyId: 'key_1', context, dialects: ['anthropic-messages'] as const }
  const decide = () =>
    decideRoute({
      signals,
      needs: scan.needs,
      task,
      policy: POLICY,
      catalog: CATALOG,
      prices: PRICES,
      session,
      now: NOW,
      budget: { highestTier: 3, affordableTier: 3, headroomNano: null },
      request: { ...facts, coverage: 'tail', lifetime: 'short' },
      availability: AVAILABILITY,
    })
  const target = findTarget(CATALOG, decide().target?.id ?? '')
  if (target === null) throw new Error('the bench has no target')
  const { capabilities, id: modelId } = target.model
  const adapt = () => DIALECT.adapt({ scan, modelId, capabilities, headers: WORK_HEADERS })
  const { edits } = adapt()
  const eligibility = {
    needs: scan.needs,
    dialects: facts.dialects,
    contextTokens: context.contextTokens,
    outputLimit: 32_000,
    availability: AVAILABILITY,
    stateProvider: null,
    hardBudget: false,
    now: NOW,
  }
  const offer = { catalog: CATALOG, prices: PRICES, policy: POLICY, requestedModel: 'auto', lifetime: 'short' } as const
  return {
    'scan and hash': () => DIALECT.scan(body),
    'agent and signals': () => readSignals(readAgent(WORK_HEADERS, scan), scan),
    quote: () => quoteRequest({ ...offer, eligibility }),
    classify: () => classify(signals, null, POLICY.taskRules),
    'decide the route': decide,
    'adapt to the target': adapt,
    'apply the edits': () => applyEdits(body.bytes, edits),
    'all of it': () => {
      const read = DIALECT.scan(body)
      const found = readSignals(readAgent(WORK_HEADERS, read), read)
      quoteRequest({ ...offer, eligibility })
      // Once for what may be held, once with what the session knows.
      classify(found, null, POLICY.taskRules)
      classify(found, null, POLICY.taskRules)
      decide()
      return applyEdits(body.bytes, adapt().edits)
    },
  }
}
