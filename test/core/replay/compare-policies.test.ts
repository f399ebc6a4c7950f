import { describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { workOfTier } from '../../../src/core/replay/call-work.ts'
import { comparePolicies } from '../../../src/core/replay/compare-policies.ts'
import type { RecordedThread } from '../../../src/core/replay/recorded-thread.ts'
import type { NamedPolicy } from '../../../src/core/replay/replay-thread.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { traceOf } from './traces.ts'

function input(json: Omit<PolicyJson, 'schema'>, providers = ['anthropic']): NamedPolicy['input'] {
  const policy = resolvePolicy({
    schema: 1,
    catalog: { preset: 'reference' },
    growth: { measure: 'none' },
    ...json,
  })
  return {
    policy,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(),
    providers: new Map(providers.map((name) => [name, ['anthropic-messages' as const]])),
    pricedAt: Date.UTC(2026, 10, 1),
    lifetimeMs: 300_000,
  }
}

function thread(...tiers: readonly Tier[]): RecordedThread {
  return {
    trace: traceOf(tiers.map(() => ({ startsTurn: true }))),
    sessionId: 's',
    subagent: false,
    works: [tiers.map((tier) => workOfTier(tier))],
    recorded: [],
  }
}

const MESSAGES = 'anthropic-messages' as const
const plain = input({})

describe('two policies over the same work', () => {
  it('differ by what they do otherwise, and by nothing else', () => {
    const same = comparePolicies([thread(1, 2, 3)], { current: plain, candidate: plain })
    expect(same.current).toEqual(same.candidate)
    expect(same).toMatchObject({ calls: 3, threads: 1, recordedNano: null, leftOut: [] })
    const { 1: low, 2: middle, 3: high } = same.current.tiers
    expect(low + middle + high).toBeCloseTo(1)

    const onlyTop = input({ catalog: { preset: 'none', tiers: { '3': ['anthropic/claude-opus-4-6'] } } })
    const up = comparePolicies([thread(1, 1, 1)], { current: plain, candidate: onlyTop })
    expect(up.current.tiers[1]).toBe(1)
    expect(up.candidate.tiers).toEqual({ 1: 0, 2: 0, 3: 1 })
    expect(up.candidate.costNano).toBeGreaterThan(up.current.costNano)
    expect(up.candidate.costNano).toBe(up.topNano)
    expect([up.current.costNano, up.candidate.costNano].every(Number.isInteger)).toBe(true)
  })

  it('keep to the targets that speak the API of the call, as the gateway does', () => {
    const both = (json: Omit<PolicyJson, 'schema'>): NamedPolicy['input'] => ({
      ...input({ catalog: { preset: 'current' }, ...json }),
      providers: new Map([
        ['anthropic', ['anthropic-messages']],
        ['openai', ['openai-chat-completions', 'openai-responses']],
      ]),
    })
    const { works, ...rest } = thread(1, 2, 3)
    const messages = { ...rest, works: works.map((work) => work.map((one) => ({ ...one, dialects: [MESSAGES] }))) }
    const onlyAnthropic = input({ catalog: { preset: 'current' } })
    const own = comparePolicies([messages], { current: onlyAnthropic, candidate: both({}) })
    expect(own.candidate.costNano).toBe(own.current.costNano)
    const free = comparePolicies([messages], { current: both({}), candidate: both({ translation: 'always' }) })
    expect(free.candidate.costNano).toBeLessThan(free.current.costNano)
  })

  it('leave out of both what either cannot serve, and say why', () => {
    const nobody = input({}, [])
    const compared = comparePolicies([thread(1), thread(2)], { current: plain, candidate: nobody })
    expect(compared).toMatchObject({ calls: 0, threads: 0, topNano: 0 })
    expect(compared.leftOut).toEqual([{ reason: expect.any(String), threads: 2 }])
    expect(compared.current).toEqual({ costNano: 0, tiers: { 1: 0, 2: 0, 3: 0 }, switches: 0, cacheShare: 0 })
  })

  it('of no work cost nothing', () => {
    expect(comparePolicies([], { current: plain, candidate: plain })).toMatchObject({ calls: 0, recordedNano: 0 })
  })
})
