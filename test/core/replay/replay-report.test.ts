import { describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { workOfTier, type CallWork } from '../../../src/core/replay/call-work.ts'
import { readDecisionRow, threadsOfDecisions } from '../../../src/core/replay/read-decision-rows.ts'
import type { RecordedThread } from '../../../src/core/replay/recorded-thread.ts'
import { reportOf, type ReplayReport } from '../../../src/core/replay/replay-report.ts'
import { NotReplayable } from '../../../src/core/replay/replay-session.ts'
import { compareOnThread, type ComparisonInput, type NamedPolicy } from '../../../src/core/replay/replay-thread.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { decisionSession } from './decision-row.ts'
import { traceOf } from './traces.ts'

function policy(name: string, json: Omit<PolicyJson, 'schema'> = {}): NamedPolicy {
  const resolved = resolvePolicy({ schema: 1, catalog: { preset: 'reference' }, ...json })
  return {
    name,
    input: {
      policy: resolved,
      catalog: buildCatalog(resolved.catalog),
      prices: buildPriceBook(),
      providers: new Map([['anthropic', ['anthropic-messages']]]),
      pricedAt: Date.UTC(2026, 10, 1),
      lifetimeMs: 300_000,
    },
  }
}

const none = policy('none', { growth: { measure: 'none' } })
const input: ComparisonInput = { policies: [none], withBest: true, ignoreRequested: false }

function thread(
  tiers: readonly Tier[],
  change: Partial<RecordedThread> = {},
  work: Partial<CallWork> = {},
): RecordedThread {
  return {
    trace: traceOf(tiers.map(() => ({}))),
    sessionId: 's',
    subagent: false,
    works: [tiers.map((tier) => Object.assign(workOfTier(tier), work))],
    recorded: [],
    ...change,
  }
}

const logged = (
  calls: number,
  change: Readonly<Record<string, unknown>> = {},
  session = 's1',
): readonly RecordedThread[] =>
  threadsOfDecisions(
    decisionSession(session, calls, change).map((row) => readDecisionRow(row, 'row')),
    none.input.catalog.models,
  ).threads

function report(threads: readonly RecordedThread[], changed: Partial<ComparisonInput> = {}): ReplayReport {
  return reportOf(
    threads.map((one) => compareOnThread(one, { ...input, ...changed })),
    { resamples: 200, random: () => seededRandom(1) },
  )
}

describe('compareOnThread', () => {
  it('costs nothing more than all-top where every call needs the top, and is the best then', () => {
    const outcome = compareOnThread(thread([3, 3, 3]), input)
    expect(outcome.policies['none']).toMatchObject({
      costNano: outcome.topNano,
      bestNano: outcome.topNano,
      callsOfTier: { 1: 0, 2: 0, 3: 3 },
      switches: 0,
    })
  })

  it('is the mean over the draws of the work', () => {
    const of = (...works: (readonly Tier[])[]): number => {
      const drawn = works.map((tiers) => tiers.map(workOfTier))
      return compareOnThread(thread([1, 1], { works: drawn }), input).policies['none']?.costNano ?? 0
    }
    expect(of([1, 1], [3, 3])).toBe((of([1, 1]) + of([3, 3])) / 2)
  })

  it('never bills less than the best, with a ceiling, a scope or a pin either', () => {
    for (const json of [
      {},
      { requestedModel: 'pin' },
      { scope: { share: 0 } },
      { growth: { measure: 'total' } },
    ] as const) {
      for (const requestedModel of ['auto', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'tier-1']) {
        const own = policy('own', json)
        const found = compareOnThread(thread([1, 3, 2], {}, { requestedModel }), { ...input, policies: [own] })
        const { costNano = 0, bestNano = 0 } = found.policies['own'] ?? {}
        expect(costNano, `${JSON.stringify(json)} ${requestedModel}`).toBeGreaterThanOrEqual(bestNano ?? 0)
        expect(bestNano).toBeGreaterThan(0)
      }
    }
  })

  it('honours the model asked for, or not, and takes an unknown one as none', () => {
    const tiersOf = (requestedModel: string, ignoreRequested: boolean) =>
      compareOnThread(thread([3, 3], {}, { requestedModel }), { ...input, ignoreRequested }).policies['none']
        ?.callsOfTier
    expect(tiersOf('claude-haiku-4-5', false)).toEqual({ 1: 2, 2: 0, 3: 0 })
    expect(tiersOf('claude-haiku-4-5', true)).toEqual({ 1: 0, 2: 0, 3: 2 })
    expect(tiersOf('claude-next-9', false)).toEqual({ 1: 0, 2: 0, 3: 2 })
  })

  it('says when nothing could serve a thread', () => {
    const nobody = { ...none, input: { ...none.input, providers: new Map() } }
    expect(() => compareOnThread(thread([1]), { ...input, policies: [nobody] })).toThrow(NotReplayable)
  })
})

describe('reportOf', () => {
  it('puts strategies beside all-top and the best', () => {
    const rows = report([thread([1, 1, 3]), thread([2, 2], { sessionId: 'other' })]).tables[0]?.rows ?? []
    expect(rows.map(({ name, kind }) => [name, kind])).toEqual([
      ['all to the top tier', 'top'],
      ['none', 'policy'],
      ['best possible, future known', 'best'],
    ])
    const [top, own, best] = rows
    expect(own?.ofTop.ratio).toBeCloseTo((own?.costNano ?? 0) / (top?.costNano ?? 1), 12)
    expect(own?.ofBest?.ratio).toBeCloseTo((own?.costNano ?? 0) / (best?.costNano ?? 1), 12)
    expect([1, 2, 3].map((tier) => own?.tiers?.[tier as Tier])).toEqual([0.4, 0.4, 0.2])
    const [low, high] = own?.ofTop.interval ?? []
    expect(low).toBeLessThan(own?.ofTop.ratio ?? 0)
    expect(high).toBeGreaterThan(own?.ofTop.ratio ?? 0)
  })

  it('leaves the best out where it was not asked for', () => {
    const rows = report([thread([1])], { withBest: false }).tables[0]?.rows ?? []
    expect(rows.map(({ kind }) => kind)).toEqual(['top', 'policy'])
    expect(rows[1]?.ofBest).toBeNull()
  })

  it('gives policies that see the work alike one best, and each its own else', () => {
    const literal = policy('literal', { rules: 'literal' })
    const raised = policy('raised', { taskTiers: { docstring: 3 } })
    const namesOf = (...policies: NamedPolicy[]) =>
      report([thread([1, 1])], { policies })
        .tables[0]?.rows.filter(({ kind }) => kind === 'best')
        .map(({ name }) => name)
    expect(namesOf(none, literal)).toEqual(['best possible, future known'])
    expect(namesOf(none, raised)).toEqual(['best possible for none', 'best possible for raised'])
  })

  it('puts sub-agents apart, in tables of their own', () => {
    const { tables, subagentCalls, sessions } = report([thread([1, 1]), thread([2], { subagent: true })])
    expect(tables.map(({ of }) => of)).toEqual(['all', 'main', 'subagents'])
    expect([subagentCalls, sessions]).toEqual([1, 1])
    const costs = tables.map(({ rows }) => rows[1]?.costNano ?? 0)
    expect(costs[0]).toBe((costs[1] ?? 0) + (costs[2] ?? 0))
  })

  it('groups by task', () => {
    const { byTask } = report([thread([1, 1, 3])])
    expect(byTask.map(({ group, calls }) => [group, calls])).toEqual([
      ['docstring', 2],
      ['architecture', 1],
    ])
    expect(byTask.reduce((sum, { costNano }) => sum + costNano, 0)).toBe(
      report([thread([1, 1, 3])]).tables[0]?.rows[1]?.costNano,
    )
  })

  it('tells what was recorded, and splits what was saved so that it adds up', () => {
    const { recorded, tables } = report(logged(3))
    const row = tables[0]?.rows.find(({ kind }) => kind === 'recorded')
    expect(row?.costNano).toBe(recorded?.costNano)
    expect(recorded?.baselines.top).toMatchObject({ calls: 3, baselineNano: 3 * 257_500_000 })
    expect(recorded?.baselines.requested.calls).toBe(0)
    const { routingNano = 0, cachingNano = 0, batchNano = 0, netNano = 0 } = recorded?.savings ?? {}
    expect(routingNano + cachingNano + batchNano - 3 * 500_000).toBe(netNano)
    expect(netNano).toBe(3 * 257_500_000 - (recorded?.costNano ?? 0))
  })

  it('has no recorded row where a call has no known cost', () => {
    const { tables } = report([...logged(2), ...logged(2, { cost_nano: null }, 's2')])
    expect(tables[0]?.rows.some(({ kind }) => kind === 'recorded')).toBe(false)
  })

  it('compares routed calls with the control group', () => {
    const control = { reasons: ['out_of_scope'], cost_nano: 257_500_000 }
    const { scope } = report([...logged(3), ...logged(3, control, 's2')])
    expect(scope).toHaveLength(1)
    expect(scope[0]).toMatchObject({ name: 'as recorded', routed: { calls: 3, sessions: 1 }, control: { calls: 3 } })
    expect(scope[0]?.control.ofTop.ratio).toBe(1)
    const routed = scope[0]?.routed.ofTop.ratio ?? 1
    expect(routed).toBeLessThan(0.6)
    expect(scope[0]?.savedAgainstControl.ratio).toBeCloseTo(1 - routed, 12)
    expect(report(logged(3)).scope).toEqual([])
  })

  it('splits a replayed policy by its scope too', () => {
    const half = policy('half', { scope: { taskTypes: ['docstring'] } })
    const work = { requestedModel: 'claude-opus-4-6' }
    const { scope } = report([thread([1, 1], {}, work), thread([2, 2], { sessionId: 'o' }, work)], { policies: [half] })
    expect(scope.map(({ name, routed, control }) => [name, routed.calls, control.calls])).toEqual([['half', 2, 2]])
    expect(scope[0]?.control.ofTop.ratio).toBe(1)
    expect(scope[0]?.savedAgainstControl.ratio).toBeGreaterThan(0.5)
  })

  it('adds up over the sessions in the order they began', () => {
    const later = logged(2, { at: Date.UTC(2026, 10, 9) }, 'later')
    const { course, tables } = report([...later, ...logged(3)])
    expect(course.map(({ at }) => at)).toEqual([Date.UTC(2026, 10, 2, 9), Date.UTC(2026, 10, 9)])
    for (const row of tables[0]?.rows ?? []) {
      if (row.kind !== 'best') expect(course.at(-1)?.costs[row.name]).toBe(row.costNano)
    }
  })
})
