import { describe, expect, it } from 'vitest'
import { decideRoute, type RouteDecision, type RouteInput } from '../../../src/core/routing/decide-route.ts'
import type { ReasonCode } from '../../../src/core/routing/reasons.ts'
import { TASK_TIERS, TASK_TYPES, type TaskType, type Tier } from '../../../src/core/tasks/task-types.ts'
import { NOW, routeInput, type Changes } from './route-input.ts'

function decide(changes: Changes): RouteDecision {
  return decideRoute(routeInput(changes))
}

function inTurn(target: string, tier: Tier, more: Changes['session'] = {}): NonNullable<Changes['session']> {
  return {
    iteration: 2,
    pinned: { taskType: 'general', tier, target, evidenceSteps: 0, heldFloor: 1 },
    lastTarget: target,
    warm: [{ target, tokens: 25_000, scope: 'thread', expiresAt: NOW + 60_000 }],
    ...more,
  }
}

const HAIKU = 'anthropic/claude-haiku-4-5'
const SONNET = 'anthropic/claude-sonnet-4-6'
const OPUS = 'anthropic/claude-opus-4-6'
const REFERENCE = { catalog: { preset: 'reference' } } as const

describe('the floor, in both catalogues', () => {
  for (const preset of ['current', 'reference'] as const) {
    const policy = { catalog: { preset } }

    it.each(TASK_TYPES.map((task) => [task, TASK_TIERS[task]] as const))(`${preset}: %s is tier %i`, (task, tier) => {
      const decision = decide({ policy, task })
      expect([decision.floor, decision.tier]).toEqual([tier, tier])
      expect(decision.reasons).toContain(task === 'utility' ? 'utility' : 'task')
    })

    it.each<[string, Changes, Tier, ReasonCode | null]>([
      ['one file path', { signals: { filePaths: ['a.ts'] } }, 1, null],
      ['two file paths', { signals: { filePaths: ['a.ts', 'b.ts'] } }, 2, 'file_paths'],
      ['a stack trace', { signals: { stackTrace: true, stackTraceFiles: 1 } }, 2, 'stack_trace'],
      ['a stack trace over two files', { signals: { stackTrace: true, stackTraceFiles: 2 } }, 2, 'stack_trace'],
      ['a stack trace over three', { signals: { stackTrace: true, stackTraceFiles: 3 } }, 3, 'stack_trace_files'],
      ['plan mode', { signals: { planMode: true } }, 3, 'plan_mode'],
      ['growth just under the second threshold', { growth: { turnTokens: 19_999 } }, 1, null],
      ['growth at the second threshold', { growth: { turnTokens: 20_000 } }, 2, 'growth_tier_2'],
      ['growth just under the third threshold', { growth: { turnTokens: 49_999 } }, 2, 'growth_tier_2'],
      ['growth at the third threshold', { growth: { turnTokens: 50_000 } }, 3, 'growth_tier_3'],
      ['a long session, a short turn', { growth: { sessionTokens: 90_000, contextTokens: 130_000 } }, 1, null],
    ])(`${preset}: %s`, (_name, changes, tier, reason) => {
      const decision = decide({ policy, task: 'docstring', ...changes })
      expect(decision.floor).toBe(tier)
      expect(decision.tier).toBe(tier)
      if (reason !== null) expect(decision.reasons).toContain(reason)
    })
  }

  it('measures growth as the policy says', () => {
    const growth = { turnTokens: 0, sessionTokens: 25_000, contextTokens: 60_000 }
    const floorBy = (measure: 'turn-growth' | 'session-growth' | 'total' | 'none'): Tier =>
      decide({ task: 'docstring', growth, policy: { growth: { measure } } }).floor
    expect([floorBy('turn-growth'), floorBy('session-growth'), floorBy('total'), floorBy('none')]).toEqual([1, 2, 3, 1])
  })

  it('measures the total in the literal preset', () => {
    expect(decide({ task: 'docstring', growth: { contextTokens: 41_000 }, policy: { rules: 'literal' } }).floor).toBe(2)
  })

  it('takes a tier that the policy gives to a task type', () => {
    const decision = decide({ task: 'docstring', policy: { taskTiers: { docstring: 3 } } })
    expect(decision.floor).toBe(3)
    expect(decision.reasons).toContain('task_override')
  })

  it('raises a utility call by nothing', () => {
    const signals = { utility: 'title', planMode: true, stackTrace: true, stackTraceFiles: 5, complaint: true } as const
    const session = { toolErrorsInARow: 9, repeatedCalls: 3 }
    expect(decide({ task: 'utility', signals, session, growth: { turnTokens: 90_000 } })).toMatchObject({
      floor: 1,
      tier: 1,
    })
  })
})

describe('evidence', () => {
  const errors = (inARow: number, added: number): Changes => ({
    task: 'docstring',
    policy: REFERENCE,
    signals: { startsTurn: false, toolErrors: added },
    session: inTurn(HAIKU, 1, { toolErrorsInARow: inARow }),
  })

  it.each([
    [2, 1, 1],
    [3, 1, 2],
    [4, 1, 1],
    [4, 3, 2],
    [6, 1, 2],
  ] as const)('%i tool errors in a row, %i of them new: tier %i', (inARow, added, tier) => {
    expect(decide(errors(inARow, added)).floor).toBe(tier)
  })

  it('is held for the turn, and takes a second step on new evidence only', () => {
    const first = decide(errors(3, 1))
    expect(first.reasons).toContain('evidence_tool_errors')
    expect(first.pinned).toMatchObject({ tier: 2, evidenceSteps: 1, heldFloor: 2 })
    const next = { ...errors(4, 1), session: inTurn(SONNET, 2, { pinned: first.pinned, toolErrorsInARow: 4 }) }
    const held = decide(next)
    expect(held).toMatchObject({ floor: 2, tier: 2 })
    expect(held.reasons).toContain('evidence_held')
    const second = decide({ ...next, session: { ...next.session, toolErrorsInARow: 6, pinned: held.pinned } })
    expect(second.pinned).toMatchObject({ tier: 3, evidenceSteps: 2 })
    const third = decide({ ...next, session: { ...next.session, toolErrorsInARow: 9, pinned: second.pinned } })
    expect(third.pinned).toMatchObject({ tier: 3, evidenceSteps: 2 })
  })

  it('says whether tests failed or a tool did', () => {
    const seen = errors(3, 1)
    expect(decide(seen).reasons).not.toContain('evidence_failing_tests')
    const { floor, reasons } = decide({ ...seen, signals: { ...seen.signals, testsFailed: true } })
    expect(floor).toBe(2)
    expect(reasons).toContain('evidence_failing_tests')
    expect(reasons).not.toContain('evidence_tool_errors')
  })

  it('ends with the turn', () => {
    const pinned = { taskType: 'docstring', tier: 2, target: SONNET, evidenceSteps: 1, heldFloor: 2 } as const
    const decision = decide({ task: 'docstring', policy: REFERENCE, session: { turn: 2, iteration: 1, pinned } })
    expect(decision.floor).toBe(1)
    expect(decision.pinned?.evidenceSteps).toBe(0)
  })

  it.each([
    [2, 1],
    [3, 2],
    [4, 1],
  ])('the same call %i times: tier %i', (repeatedCalls, tier) => {
    const session = inTurn(HAIKU, 1, { repeatedCalls })
    expect(decide({ task: 'docstring', policy: REFERENCE, signals: { startsTurn: false }, session }).floor).toBe(tier)
  })

  it('a complaint lifts the new turn above the last answer', () => {
    const session = { turn: 2, iteration: 1, lastTarget: SONNET }
    const decision = decide({ task: 'docstring', policy: REFERENCE, signals: { complaint: true }, session })
    expect(decision.floor).toBe(3)
    expect(decision.reasons).toContain('evidence_complaint')
  })

  it('a complaint about nothing raises nothing', () => {
    expect(decide({ task: 'docstring', signals: { complaint: true } }).floor).toBe(1)
  })

  it('can be switched off', () => {
    const policy = { ...REFERENCE, evidence: { toolErrors: null, repeatedCalls: null, complaint: false } }
    const session = inTurn(HAIKU, 1, { toolErrorsInARow: 3, repeatedCalls: 3 })
    expect(decide({ task: 'docstring', policy, signals: { complaint: true, toolErrors: 3 }, session }).floor).toBe(1)
  })
})

describe('the ceiling', () => {
  it.each([
    ['claude-haiku-4-5', 1],
    ['claude-haiku-4-5-20251001', 1],
    ['anthropic/claude-haiku-5-5', 1],
    ['claude-sonnet-5', 2],
    ['claude-opus-4-8', 3],
  ] as const)('a client that asks for %s gets tier %i at most', (requestedModel, tier) => {
    const decision = decide({ task: 'architecture', signals: { requestedModel } })
    expect([decision.ceiling, decision.tier]).toEqual([tier, tier])
    expect(decision.reasons.includes('floor_above_ceiling')).toBe(tier < 3)
    expect(decision.reasons.includes('ceiling_requested')).toBe(tier < 3)
  })

  it.each<[Changes['budget'], ReasonCode]>([
    [{ highestTier: 1 }, 'ceiling_key'],
    [{ affordableTier: 1 }, 'ceiling_budget'],
  ])('%o wins over the floor and over a named tier', (budget, reason) => {
    for (const requestedModel of ['auto', 'tier-3', 'headgate/tier-3']) {
      const decision = decide({ task: 'architecture', signals: { requestedModel }, budget })
      expect(decision).toMatchObject({ floor: 3, ceiling: 1, tier: 1 })
      expect(decision.reasons).toEqual(expect.arrayContaining(['floor_above_ceiling', reason]))
    }
  })

  it('does not bind where the policy ignores the model asked for', () => {
    const signals = { requestedModel: 'claude-haiku-4-5' }
    expect(decide({ task: 'architecture', signals, policy: { requestedModel: 'ignore' } }).tier).toBe(3)
  })
})

describe('the model asked for', () => {
  it.each(['auto', 'headgate/auto', 'claude-headgate-auto'])('%s is free', (requestedModel) => {
    expect(decide({ task: 'bug_fix', signals: { requestedModel } })).toMatchObject({ tier: 2, ceiling: 3 })
  })

  it.each([
    ['tier-1', 1],
    ['headgate/tier-2', 2],
    ['claude-headgate-tier-3', 3],
  ] as const)('%s is fixed', (requestedModel, tier) => {
    for (const task of ['docstring', 'architecture'] as const) {
      const decision = decide({ task, signals: { requestedModel }, growth: { turnTokens: 60_000 } })
      expect(decision.tier).toBe(tier)
      expect(decision.reasons).toContain('fixed_tier')
    }
  })

  it('a named tier only caps a utility call', () => {
    expect(decide({ task: 'utility', signals: { requestedModel: 'tier-3' } }).tier).toBe(1)
  })

  it('an unknown model is refused, whatever the policy', () => {
    for (const requestedModel of ['ceiling', 'ignore', 'pin'] as const) {
      const decision = decide({ signals: { requestedModel: 'gpt-99' }, policy: { requestedModel } })
      expect(decision).toMatchObject({ target: null, refusal: 'unknown_model', pinned: null })
    }
  })

  it('a pinned one stays, in a tier or not', () => {
    for (const id of ['claude-opus-4-8', 'claude-haiku-4-5']) {
      const decision = decide({ task: 'bug_fix', signals: { requestedModel: id }, policy: { requestedModel: 'pin' } })
      expect(decision.target?.model.id).toBe(id)
      expect(decision.reasons).toEqual(['pinned_model'])
      expect(decision.considered.filter((row) => row.verdict === 'chosen')).toHaveLength(1)
    }
  })

  it('a pinned one above what the key may use is replaced', () => {
    const decision = decide({
      signals: { requestedModel: 'claude-opus-5-5' },
      policy: { requestedModel: 'pin' },
      budget: { highestTier: 2 },
    })
    expect(decision.tier).toBe(2)
    expect(decision.reasons).toContain('ceiling_key')
  })

  it('stays for calls out of the scope of the policy', () => {
    const policy = { scope: { taskTypes: ['docstring' as TaskType] } }
    const signals = { requestedModel: 'claude-opus-5-5' }
    expect(decide({ task: 'docstring', policy, signals }).tier).toBe(1)
    const outside = decide({ task: 'bug_fix', policy, signals })
    expect(outside.target?.model.id).toBe('claude-opus-5-5')
    expect(outside.reasons).toEqual(['out_of_scope'])
  })

  it('serves where no tier can', () => {
    const policy = { catalog: { preset: 'none' } } as const
    const decision = decide({ policy, signals: { requestedModel: 'claude-opus-4-8' } })
    expect(decision.target?.model.id).toBe('claude-opus-4-8')
    expect(decision.reasons).toContain('requested_model')
  })
})

describe('sub-agents', () => {
  const signals = { subagent: true }
  it.each([
    ['inherit', 'architecture', 3],
    [{ ceiling: 2 }, 'architecture', 2],
    [{ ceiling: 2 }, 'docstring', 1],
    [{ tier: 1 }, 'architecture', 1],
    [{ tier: 2 }, 'docstring', 2],
  ] as const)('%o: %s at tier %i', (subagents, task, tier) => {
    expect(decide({ task, signals, policy: { subagents } }).tier).toBe(tier)
    expect(decide({ task, policy: { subagents } }).tier).toBe(TASK_TIERS[task])
  })

  it('a tier for workers does not lift a client that asks for less', () => {
    const haiku = { subagent: true, requestedModel: 'claude-haiku-4-5' }
    expect(decide({ signals: haiku, policy: { subagents: { tier: 3 } } }).tier).toBe(1)
  })
})

describe('inside a turn', () => {
  const call = (session: Changes['session'], more: Changes = {}): RouteDecision =>
    decide({ task: 'docstring', policy: REFERENCE, signals: { startsTurn: false }, session, ...more })

  it('keeps the choice', () => {
    const decision = call(inTurn(HAIKU, 1))
    expect(decision.target?.id).toBe(HAIKU)
    expect(decision.reasons).toContain('turn_kept')
  })

  it('moves when a floor rises', () => {
    const decision = call(inTurn(HAIKU, 1), { growth: { turnTokens: 20_000 } })
    expect(decision.target?.id).toBe(SONNET)
    expect(decision.reasons).toEqual(expect.arrayContaining(['floor_raised', 'growth_tier_2']))
  })

  it('moves when its target cools down', () => {
    const decision = call(inTurn(HAIKU, 1), { cooldowns: { [HAIKU]: NOW + 1 } })
    expect(decision.target?.id).toBe(SONNET)
    expect(decision.reasons).toEqual(expect.arrayContaining(['pinned_not_eligible', 'tier_empty']))
  })

  it('moves when moving pays', () => {
    const decision = call(inTurn(OPUS, 3, { warm: [] }))
    expect(decision.target?.id).toBe(HAIKU)
    expect(decision.reasons).toContain('moving_pays')
  })

  it('holds what the typed text asked for', () => {
    const first = decide({ task: 'docstring', policy: REFERENCE, signals: { stackTrace: true, stackTraceFiles: 1 } })
    const later = call({ iteration: 2, pinned: first.pinned })
    expect(later.floor).toBe(2)
    expect(later.reasons).toContain('turn_floor')
  })

  it('lets go of plan mode when it ends', () => {
    const first = decide({ task: 'bug_fix', policy: REFERENCE, signals: { planMode: true } })
    expect(call({ iteration: 2, pinned: first.pinned }, { task: 'bug_fix' }).floor).toBe(2)
  })
})

describe('the cheapest sufficient, the cache counted', () => {
  const warm = (target: string, tokens: number, expiresAt = NOW + 1000): Changes['session'] => ({
    turn: 2,
    warm: [{ target, tokens, scope: 'thread', expiresAt }],
  })
  const context = { contextTokens: 100_000, staticTokens: 20_000 }

  it('a warm dearer model beats a cold cheaper one for a short turn', () => {
    const session = { ...warm(OPUS, 100_000), expectedIterationsLeft: 1 }
    const decision = decide({ task: 'bug_fix', policy: REFERENCE, session, context })
    expect(decision.target?.id).toBe(OPUS)
    expect(decision.reasons).toContain('warm_cache')
  })

  it('but not for a long one', () => {
    const session = { ...warm(OPUS, 100_000), expectedIterationsLeft: 40 }
    expect(decide({ task: 'bug_fix', policy: REFERENCE, session, context }).target?.id).toBe(SONNET)
  })

  it('an expired cache counts for nothing', () => {
    const expired = { ...warm(OPUS, 100_000, NOW), expectedIterationsLeft: 1 }
    expect(decide({ task: 'bug_fix', policy: REFERENCE, session: expired, context }).target?.id).toBe(SONNET)
  })
})

describe('starting values', () => {
  const starting: RouteInput['starting'] = {
    pace: 1,
    growthPerCall: 2_000,
    byTask: { bug_fix: { pace: 3, growthPerCall: 400 } },
  }
  const measures = (changes: Changes) => decide({ task: 'bug_fix', policy: REFERENCE, ...changes }).measures

  it('of the team and the task stand in where the session knows nothing', () => {
    const shipped = measures({})
    const learned = measures({ starting })
    expect(shipped.growthPerCall).toBe(1_360)
    expect(learned.growthPerCall).toBe(400)
    expect(learned.iterationsLeft).toBeLessThan(shipped.iterationsLeft)
    expect(measures({ starting, task: 'refactor' })).toMatchObject({
      growthPerCall: 2_000,
      iterationsLeft: shipped.iterationsLeft,
    })
  })

  it('give way to what the session has learned, and to what the policy states', () => {
    const session = { expectedIterationsLeft: 7, growthPerCall: 900 }
    expect(measures({ starting, session })).toMatchObject({ iterationsLeft: 7, growthPerCall: 900 })
    const byTask = { ...session, iterationsLeftByTask: { bug_fix: 3 }, growthByTask: { bug_fix: 70 } }
    expect(measures({ starting, session: byTask })).toMatchObject({ iterationsLeft: 3, growthPerCall: 70 })
    const policy = { ...REFERENCE, expectations: { iterationsLeft: 2, growthPerCall: 50 } }
    expect(measures({ starting, policy })).toMatchObject({ iterationsLeft: 2, growthPerCall: 50 })
  })

  it('can change the choice: a turn soon over is not worth leaving a cache for', () => {
    const session: Changes['session'] = {
      turn: 2,
      warm: [{ target: OPUS, tokens: 100_000, scope: 'thread', expiresAt: NOW + 1 }],
    }
    const context = { contextTokens: 100_000, staticTokens: 20_000 }
    const at = (pace: number) =>
      decide({
        task: 'bug_fix',
        policy: REFERENCE,
        session,
        context,
        starting: { pace, growthPerCall: 400, byTask: {} },
      }).target?.id
    expect([at(1 / 3), at(3)]).toEqual([SONNET, OPUS])
  })
})

describe('empty tiers', () => {
  it('goes to the next higher tier', () => {
    const decision = decide({ task: 'docstring', policy: REFERENCE, cooldowns: { [HAIKU]: NOW + 1 } })
    expect(decision.tier).toBe(2)
    expect(decision.reasons).toContain('tier_empty')
  })

  it('else to the next lower one', () => {
    const decision = decide({ task: 'architecture', policy: REFERENCE, cooldowns: { [OPUS]: NOW + 1 } })
    expect(decision.tier).toBe(2)
    expect(decision.reasons).toContain('tier_empty_lower')
  })

  it('never above the ceiling', () => {
    const decision = decide({
      task: 'docstring',
      policy: REFERENCE,
      signals: { requestedModel: 'claude-haiku-4-5' },
      cooldowns: { [HAIKU]: NOW + 1 },
    })
    expect(decision).toMatchObject({ target: null, refusal: 'no_target' })
  })

  it('refuses where no provider is configured', () => {
    expect(decide({ providers: [] })).toMatchObject({ target: null, refusal: 'no_target' })
  })
})

describe('what a provider holds', () => {
  it('rules the other providers out, whatever they cost, and leaves the tier free', () => {
    for (const task of ['docstring', 'bug_fix', 'architecture'] as const) {
      const decision = decide({ task, session: { stateProvider: 'anthropic' } })
      expect(decision.target?.model.provider).toBe('anthropic')
      expect(decision.tier).toBe(TASK_TIERS[task])
      expect(decision.reasons).toContain('provider_state')
      const others = decision.considered.filter(({ target }) => !target.startsWith('anthropic/'))
      expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(['provider_state']))
    }
  })

  it('says so where nobody knows how long that is, and only there', () => {
    const providerState = { kind: 'answer', id: 'resp_1' } as const
    const told = (needs: Changes['needs'], lastContextTokens: number | null) =>
      decide({ needs, session: { stateProvider: 'anthropic', lastContextTokens } }).reasons.slice(-2)
    expect(told({ providerState }, null)).toEqual(['provider_state', 'held_context_unknown'])
    expect(told({ providerState }, 12_000)).not.toContain('held_context_unknown')
    expect(told({ providerState: { kind: 'items', id: 'fc_1' } }, null)).not.toContain('held_context_unknown')
    expect(told({ providerState: null }, null)).not.toContain('held_context_unknown')
  })

  it('leaves no target where that provider has none', () => {
    const decision = decide({ task: 'bug_fix', session: { stateProvider: 'gone' } })
    expect([decision.target, decision.refusal]).toEqual([null, 'no_target'])
  })
})
