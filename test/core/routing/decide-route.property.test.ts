import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIERS } from '../../../src/core/routing/catalog.ts'
import { decideRoute, type RouteDecision } from '../../../src/core/routing/decide-route.ts'
import { TASK_TYPES } from '../../../src/core/tasks/task-types.ts'
import { NOW, routeInput, type Changes } from './route-input.ts'

const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null })

const tier = fc.constantFrom(...TIERS)
const tokens = fc.integer({ min: 0, max: 400_000 })
const targets = [
  'anthropic/claude-haiku-5-5',
  'anthropic/claude-haiku-4-5',
  'anthropic/claude-sonnet-5-5',
  'anthropic/claude-sonnet-4-6',
  'anthropic/claude-opus-5-5',
  'anthropic/claude-opus-4-6',
  'openai/gpt-6-luna',
  'openai/gpt-6.1-sol',
] as const
const target = fc.constantFrom(...targets)
const expiry = fc.integer({ min: NOW - 1000, max: NOW + 300_000 })

const pinned = fc.record({
  taskType: fc.constantFrom(...TASK_TYPES),
  tier,
  target,
  evidenceSteps: fc.integer({ min: 0, max: 2 }),
  heldFloor: tier,
})

const ofTask = {
  pace: fc.double({ min: 0.33, max: 3, noNaN: true }),
  growthPerCall: fc.integer({ min: 0, max: 20_000 }),
}
const starting = fc.record({
  ...ofTask,
  byTask: fc.dictionary(fc.constantFrom(...TASK_TYPES), fc.record(ofTask), { maxKeys: 4 }),
})

const changes: fc.Arbitrary<Changes> = fc.record({
  starting,
  task: fc.constantFrom(...TASK_TYPES),
  policy: fc.record({
    catalog: fc.record({ preset: fc.constantFrom('current', 'reference') }),
    rules: fc.constantFrom('default', 'literal'),
    requestedModel: fc.constantFrom('ceiling', 'ignore', 'pin'),
    subagents: fc.oneof(
      fc.constant('inherit' as const),
      tier.map((ceiling) => ({ ceiling })),
      tier.map((fixed) => ({ tier: fixed })),
    ),
  }),
  signals: fc.record({
    requestedModel: fc.constantFrom(
      'auto',
      'tier-1',
      'tier-2',
      'claude-haiku-4-5',
      'claude-opus-4-8',
      'gpt-4o',
      'none',
    ),
    planMode: fc.boolean(),
    stackTrace: fc.boolean(),
    stackTraceFiles: fc.integer({ min: 0, max: 4 }),
    filePaths: fc.array(fc.string(), { maxLength: 3 }),
    complaint: fc.boolean(),
    subagent: fc.boolean(),
    toolErrors: fc.integer({ min: 0, max: 5 }),
    outputLimit: orNull(fc.integer({ min: 1, max: 128_000 })),
  }),
  session: fc.record({
    iteration: fc.integer({ min: 1, max: 30 }),
    toolErrorsInARow: fc.integer({ min: 0, max: 12 }),
    repeatedCalls: fc.integer({ min: 0, max: 5 }),
    pinned: orNull(pinned),
    lastTarget: orNull(target),
    warm: fc.array(
      fc.record({ target, tokens, scope: fc.constantFrom('thread' as const, 'static' as const), expiresAt: expiry }),
      { maxLength: 5 },
    ),
    expectedIterationsLeft: orNull(fc.double({ min: 0, max: 60, noNaN: true })),
    growthPerCall: orNull(fc.integer({ min: 0, max: 20_000 })),
    expectedOutput: orNull(fc.integer({ min: 0, max: 20_000 })),
  }),
  needs: fc.record({
    images: fc.boolean(),
    prefill: fc.boolean(),
    tools: fc.boolean(),
    toolChoice: fc.constantFrom('default', 'forced', 'none'),
  }),
  budget: fc.record({
    highestTier: tier,
    affordableTier: tier,
    headroomNano: orNull(fc.integer({ min: 0, max: 3_000_000_000 })),
  }),
  context: tokens.chain((contextTokens) =>
    fc.record({ contextTokens: fc.constant(contextTokens), staticTokens: fc.integer({ min: 0, max: contextTokens }) }),
  ),
  growth: fc.record({ turnTokens: tokens, sessionTokens: tokens, contextTokens: tokens }),
  request: fc.record({
    dialects: fc.constantFrom(
      ['anthropic-messages'] as const,
      ['openai-chat-completions'] as const,
      ['anthropic-messages', 'openai-responses'] as const,
    ),
    coverage: fc.constantFrom('tail', 'static', 'none'),
    lifetime: fc.constantFrom('short', 'long'),
  }),
  cooldowns: fc.dictionary(fc.constantFrom(...targets, 'anthropic', 'openai'), expiry, { maxKeys: 3 }),
})

/** Rows that were in the running: the chosen one and those it was compared with. */
function running(decision: RouteDecision): RouteDecision['considered'] {
  return decision.considered.filter((row) => row.verdict === 'chosen' || row.verdict === 'dearer')
}

const keeping = (decision: RouteDecision): boolean =>
  decision.reasons.some((reason) => ['pinned_model', 'out_of_scope', 'requested_model'].includes(reason))

describe('decideRoute, over any valid input', () => {
  const holds = (check: (decision: RouteDecision, given: Changes) => void): void =>
    fc.assert(
      fc.property(changes, (given) => {
        check(decideRoute(routeInput(given)), given)
      }),
      { numRuns: 1500 },
    )

  it('is deterministic', () => {
    holds((decision, given) => expect(decideRoute(routeInput(given))).toEqual(decision))
  })

  it('has one chosen row and a target, or neither and a refusal', () => {
    holds((decision) => {
      const chosen = decision.considered.filter((row) => row.verdict === 'chosen')
      expect(chosen.map((row) => row.target)).toEqual(decision.target === null ? [] : [decision.target.id])
      expect(decision.refusal === null).toBe(decision.target !== null)
      expect(decision.pinned?.target).toBe(decision.target?.id)
    })
  })

  it('is never beaten by another eligible target under its own arithmetic', () => {
    holds((decision) => {
      const costs = running(decision).map((row) => row.turnNano ?? Number.POSITIVE_INFINITY)
      const chosen = decision.considered.find((row) => row.verdict === 'chosen')
      if (chosen !== undefined) expect(chosen.turnNano ?? Number.POSITIVE_INFINITY).toBe(Math.min(...costs))
    })
  })

  it('leaves out no eligible target between floor and ceiling', () => {
    holds((decision, given) => {
      if (decision.target === null || keeping(decision)) return
      const named = decision.reasons.includes('fixed_tier') || decision.reasons.includes('subagent_policy')
      if (named || decision.reasons.includes('tier_empty_lower')) return
      const lowest = Math.min(decision.floor, decision.ceiling)
      for (const row of decision.considered) {
        const inBounds = row.tier >= lowest && row.tier <= decision.ceiling
        if (inBounds)
          expect(['below_floor', 'above_ceiling', 'not_asked_for'], JSON.stringify(given)).not.toContain(row.verdict)
      }
    })
  })

  it('is never above the ceiling, and below the floor only by the ceiling or an empty tier', () => {
    holds((decision) => {
      if (decision.target === null) return
      expect(decision.tier).toBeLessThanOrEqual(decision.ceiling)
      if (keeping(decision) || decision.reasons.includes('tier_empty_lower')) return
      expect(decision.tier).toBeGreaterThanOrEqual(Math.min(decision.floor, decision.ceiling))
      expect(decision.reasons.includes('floor_above_ceiling')).toBe(decision.floor > decision.ceiling)
    })
  })

  it('takes integers of money only', () => {
    holds((decision) => {
      for (const row of decision.considered) {
        for (const money of [row.nowNano, row.turnNano]) {
          if (money !== null) expect(Number.isSafeInteger(money) && money >= 0).toBe(true)
        }
      }
    })
  })

  it('moves inside a turn only for a floor, for eligibility or for the arithmetic', () => {
    holds((decision, given) => {
      const held = (given.session?.iteration ?? 1) > 1 ? (given.session?.pinned ?? null) : null
      if (held === null || decision.target === null || decision.target.id === held.target || keeping(decision)) return
      const row = decision.considered.find((candidate) => candidate.target === held.target)
      const chosen = decision.considered.find((candidate) => candidate.verdict === 'chosen')
      if (row?.verdict === 'dearer') {
        expect(decision.reasons).toContain('moving_pays')
        expect(chosen?.turnNano ?? Number.POSITIVE_INFINITY).toBeLessThan(row.turnNano ?? Number.POSITIVE_INFINITY)
      } else if (row?.verdict === 'below_floor') expect(decision.reasons).toContain('floor_raised')
      else expect(decision.reasons).toContain('pinned_not_eligible')
    })
  })

  it('stays when asked again with what it decided', () => {
    holds((decision, given) => {
      if (decision.pinned === null) return
      const again = decideRoute(
        routeInput({
          ...given,
          signals: { ...given.signals, toolErrors: 0, complaint: false, startsTurn: false },
          session: {
            ...given.session,
            iteration: 2,
            pinned: decision.pinned,
            repeatedCalls: 0,
            expectedIterationsLeft: decision.measures.iterationsLeft,
          },
        }),
      )
      if (again.floor === decision.floor) expect(again.target?.id).toBe(decision.target?.id)
    })
  })
})
