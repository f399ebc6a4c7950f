import { describe, expect, it } from 'vitest'
import { InvalidPolicy, resolvePolicy } from '../../../src/core/routing/policy.ts'
import { checkPolicyOverride, overriddenPolicy } from '../../../src/core/routing/policy-override.ts'

const TEAM = { schema: 1, requestedModel: 'pin', iterations: { perTurn: 7, onCap: 'block' }, taskTiers: { bug_fix: 3 } }

describe('a policy override', () => {
  it("is laid over the team's policy member by member, and replaces lists and values", () => {
    const policy = overriddenPolicy(TEAM, { iterations: { perTurn: 3 }, requestedModel: 'ignore' }, 4)
    expect(policy).toEqual(
      resolvePolicy({ ...TEAM, requestedModel: 'ignore', iterations: { perTurn: 3, onCap: 'block' } }, 4),
    )
  })

  it('stands over the shipped policy where the team has none', () => {
    expect(overriddenPolicy(null, { requestedModel: 'pin' })).toEqual(
      resolvePolicy({ schema: 1, requestedModel: 'pin' }),
    )
    expect(overriddenPolicy(null, {})).toEqual(resolvePolicy({ schema: 1 }))
  })

  it("that makes no policy with the team's is told what is wrong", () => {
    for (const override of [
      { unknown: 1 },
      { growth: { tier2At: 60_000 } },
      { catalog: { tiers: { '1': ['nobody/nothing'] } } },
      [],
      'text',
      JSON.parse('{"__proto__": {"requestedModel": "pin"}}') as unknown,
    ]) {
      expect(() => checkPolicyOverride({ schema: 1 }, override), JSON.stringify(override)).toThrow(InvalidPolicy)
    }
    expect(() => checkPolicyOverride(TEAM, { requestedModel: 'ceiling' })).not.toThrow()
  })
})
