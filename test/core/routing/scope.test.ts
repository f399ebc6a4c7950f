import { describe, expect, it } from 'vitest'
import { inScope } from '../../../src/core/routing/scope.ts'

const ALL = { taskTypes: null, keys: null, share: 1 }
const call = { taskType: 'bug_fix', keyId: 'key-1', sessionId: 's' } as const

describe('inScope', () => {
  it('holds every limit a policy sets', () => {
    expect(inScope(ALL, call)).toBe(true)
    expect(inScope({ ...ALL, taskTypes: ['docstring'] }, call)).toBe(false)
    expect(inScope({ ...ALL, taskTypes: ['bug_fix'], keys: ['key-2'] }, call)).toBe(false)
    expect(inScope({ ...ALL, taskTypes: ['bug_fix'], keys: ['key-1'] }, call)).toBe(true)
    expect(inScope({ ...ALL, share: 0 }, call)).toBe(false)
  })

  it('takes the stated share of sessions, always the same ones', () => {
    const sessions = Array.from({ length: 5000 }, (_, index) => ({ ...call, sessionId: `session-${index}` }))
    const chosen = sessions.filter((session) => inScope({ ...ALL, share: 0.2 }, session))
    expect(chosen.length / sessions.length).toBeGreaterThan(0.18)
    expect(chosen.length / sessions.length).toBeLessThan(0.22)
    const more = sessions.filter((session) => inScope({ ...ALL, share: 0.5 }, session))
    expect(more).toEqual(expect.arrayContaining(chosen))
  })
})
