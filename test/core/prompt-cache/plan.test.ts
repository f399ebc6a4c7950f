import { describe, expect, it } from 'vitest'
import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import { scanChatCompletions } from '../../../src/core/dialects/openai-chat-completions/scan.ts'
import { applyEdits } from '../../../src/core/dialects/passthrough.ts'
import { threadCacheKey } from '../../../src/core/prompt-cache/cache-fields.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import {
  expectedCoverage,
  isAskedOnce,
  planPromptCache,
  type CachePlan,
  type CachePlanInput,
} from '../../../src/core/prompt-cache/plan.ts'
import { CLAUDE_MODELS } from '../../../src/core/routing/models-claude.ts'
import { GPT_MODELS } from '../../../src/core/routing/models-gpt.ts'
import { bodyOf } from '../dialects/body-of.ts'
import { agentBody, type Json } from './conversations.ts'

const claude = CLAUDE_MODELS.find(({ id }) => id === 'claude-opus-4-6')!.capabilities
const gpt = (id: string) => GPT_MODELS.find((model) => model.id === id)!.capabilities
const chat = (more: Json = {}): Json => ({ model: 'gpt-5', messages: [{ role: 'user', content: 'hi' }], ...more })
const chatScan = (body: Json): RequestScan => scanChatCompletions(bodyOf(JSON.stringify(body)))
const messagesScan = (body: Json): RequestScan => scanAnthropicMessages(bodyOf(JSON.stringify(body)))

function planFor(scan: RequestScan, change: Partial<CachePlanInput>): CachePlan & { readonly body: Json } {
  const plan = planPromptCache({
    scan,
    capabilities: claude,
    lifetime: 'short',
    tokensPerByte: 100,
    warmMessages: null,
    taken: [],
    cacheKey: 'hg-1',
    once: false,
    ...change,
  })
  return { ...plan, body: JSON.parse(new TextDecoder().decode(applyEdits(scan.body.bytes, plan.edits))) as Json }
}

describe('a cache that works by itself', () => {
  it.each<[string, Json, Partial<CachePlanInput>, readonly string[], Json]>([
    ['a key where there is none', chat(), { capabilities: gpt('gpt-5') }, ['cache:key'], { prompt_cache_key: 'hg-1' }],
    ["no key beside the client's", chat({ prompt_cache_key: 'own' }), { capabilities: gpt('gpt-5') }, [], {}],
    [
      'twelve hours where they pay',
      chat({ prompt_cache_key: 'own' }),
      { capabilities: gpt('gpt-6-sol'), lifetime: 'long' },
      ['cache:12h'],
      { prompt_cache_options: { mode: 'implicit', ttl: '12h' } },
    ],
    [
      'no lifetime for a model that knows none',
      chat({ prompt_cache_key: 'own' }),
      { capabilities: gpt('gpt-5.4'), lifetime: 'long' },
      [],
      {},
    ],
    [
      "no options beside the client's",
      chat({ prompt_cache_key: 'own', prompt_cache_options: { mode: 'explicit' } }),
      { capabilities: gpt('gpt-6-sol'), lifetime: 'long' },
      [],
      {},
    ],
    [
      'no billed write for what is asked once',
      chat(),
      { capabilities: gpt('gpt-6-sol'), once: true },
      ['cache:unwritten'],
      { prompt_cache_options: { mode: 'explicit' } },
    ],
    ['nothing for what is asked once of an older model', chat(), { capabilities: gpt('gpt-5'), once: true }, [], {}],
    [
      'nothing for a compatible model of which nothing is known',
      chat(),
      { capabilities: { ...claude, caching: 'automatic' } },
      [],
      {},
    ],
  ])('gets %s', (_name, body, change, adaptations, added) => {
    const plan = planFor(chatScan(body), change)
    expect(plan.adaptations).toEqual(adaptations)
    expect(plan.body).toEqual({ ...body, ...added })
    expect(plan.unwritten).toBe(adaptations.includes('cache:unwritten'))
  })
})

describe('a cache that needs marks', () => {
  it('gets them, and the record says which', () => {
    expect(planFor(messagesScan(agentBody(1)), {})).toMatchObject({
      adaptations: ['cache:tail+system+tools'],
      coverage: 'tail',
    })
    expect(planFor(messagesScan(agentBody(1)), { lifetime: 'long' }).adaptations).toEqual([
      'cache:tail+system+tools:1h',
    ])
  })

  it('gets none where nobody asks again, and none under the least length', () => {
    expect(planFor(messagesScan(agentBody(1)), { once: true })).toMatchObject({ edits: [], coverage: 'none' })
    expect(planFor(messagesScan(agentBody(1)), { tokensPerByte: 0.25 })).toMatchObject({ edits: [], coverage: 'none' })
    expect(planFor(messagesScan(agentBody(1)), { capabilities: { ...claude, caching: 'none' } }).edits).toEqual([])
  })
})

describe('what routing expects', () => {
  it('is the tail wherever a mark may be added', () => {
    const first = messagesScan(agentBody(2, { marked: true }))
    expect(expectedCoverage(first, true)).toBe('tail')
    expect(expectedCoverage(first, false)).toBe('static')
    expect(expectedCoverage(messagesScan(agentBody(2)), false)).toBe('none')
    const full = { ...agentBody(2), system: [1, 2, 3, 4].map(() => ({ type: 'text', text: 'a', cache_control: {} })) }
    expect(expectedCoverage(messagesScan(full), true)).toBe('static')
  })

  it('is that a first question without tools, or a small call of the agent, is asked once', () => {
    const question = messagesScan({ ...agentBody(0), tools: [] })
    expect(isAskedOnce(question, false)).toBe(true)
    expect(isAskedOnce(messagesScan(agentBody(0)), false)).toBe(false)
    expect(isAskedOnce(messagesScan(agentBody(0)), true)).toBe(true)
    expect(isAskedOnce(messagesScan({ ...agentBody(1), tools: [] }), false)).toBe(false)
  })
})

describe('the key of a thread', () => {
  it("is its session's, a sub-agent's its own, and tells neither", () => {
    const keys = [
      threadCacheKey('one', null),
      threadCacheKey('one', 'worker-1'),
      threadCacheKey('one', 'worker-2'),
      threadCacheKey('two', null),
      threadCacheKey('two', 'worker-1'),
    ]
    expect(new Set(keys).size).toBe(5)
    expect(threadCacheKey('one', 'worker-1')).toBe(keys[1])
    for (const key of keys) expect(key).toMatch(/^hg-[0-9a-z]+$/)
  })
})
