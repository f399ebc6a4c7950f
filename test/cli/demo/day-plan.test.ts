import { describe, expect, it } from 'vitest'
import { callsOf } from '../../../src/cli/demo/conversation.ts'
import { CALLS, planDay, type Difficulty } from '../../../src/cli/demo/day-plan.ts'

const callsWritten = (seed: number, difficulty: Difficulty): number =>
  planDay(seed)
    .flatMap((session) => session.turns)
    .filter((turn) => turn.difficulty === difficulty)
    .reduce((sum, turn) => sum + turn.calls, 0)

describe('the demo day', () => {
  it.each([1, 2, 99])('has 200 calls of seed %i: 60% easy, 25% medium, 15% hard', (seed) => {
    expect(CALLS).toBe(200)
    expect([callsWritten(seed, 'easy'), callsWritten(seed, 'medium'), callsWritten(seed, 'hard')]).toEqual([
      120, 50, 30,
    ])
  })

  it('is the same for a seed and another for another', () => {
    expect(planDay(1)).toEqual(planDay(1))
    expect(planDay(1)).not.toEqual(planDay(2))
  })

  it('grows every conversation by whole calls, each beginning as the one before ended', () => {
    const session = planDay(1)[0]!
    const sent = [...callsOf(session, 1, { run: 'a', model: 'claude-opus-5-5' })].map(
      (call) => JSON.parse(call.body) as { model: string; messages: { content: { cache_control?: unknown }[] }[] },
    )
    expect(sent).toHaveLength(session.turns.reduce((sum, turn) => sum + turn.calls, 0))
    for (const [index, { model, messages }] of sent.entries()) {
      expect(model).toBe('claude-opus-5-5')
      const earlier = sent[index - 1]?.messages ?? []
      const unmarked = (message: unknown): string =>
        JSON.stringify(message).replaceAll(/,"cache_control":\{[^}]*\}/g, '')
      expect(messages.slice(0, earlier.length).map(unmarked)).toEqual(earlier.map(unmarked))
      expect(messages.filter(({ content }) => content.some((block) => block.cache_control !== undefined))).toHaveLength(
        1,
      )
    }
  })
})
