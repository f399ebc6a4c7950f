/**
 * Random clients: conversations that go on, fork, fail, are retried and recorded in any order, with records repeated and
 * memory lost at any moment.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BegunSession } from '../../../src/core/session/call-opening.ts'
import { recordCall } from '../../../src/core/session/record-call.ts'
import { LIMITS } from '../../../src/core/session/session-state.ts'
import { ScriptedSession } from './scripted-session.ts'

type Step =
  | {
      readonly do: 'begin'
      readonly conversation: number
      readonly what: 'on' | 'again' | 'edit' | 'clear'
      readonly typed: boolean
    }
  | { readonly do: 'record'; readonly which: number; readonly answered: boolean }
  | { readonly do: 'repeat'; readonly which: number }
  | { readonly do: 'restart' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('begin' as const),
        conversation: fc.nat(3),
        what: fc.constantFrom(
          'on' as const,
          'on' as const,
          'on' as const,
          'again' as const,
          'edit' as const,
          'clear' as const,
        ),
        typed: fc.boolean(),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('record' as const), which: fc.nat(5), answered: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { maxLength: 80 },
)

interface Played {
  readonly session: ScriptedSession
  readonly running: BegunSession[]
  readonly recorded: BegunSession[]
  readonly conversations: string[][]
}

function request(played: Played, step: Extract<Step, { do: 'begin' }>): string[] {
  const messages = played.conversations[step.conversation] ?? []
  const unique = `${step.conversation} ${played.session.now}`
  if (messages.length === 0 || step.what === 'edit') return [...messages.slice(0, -2), `user ${unique}`]
  if (step.what === 'again') return messages
  const next = [...messages, `assistant ${unique}`, `${step.typed ? 'user' : 'result'} ${unique}`]
  return step.what === 'clear' ? next.map((message, index) => (index === 1 ? `cleared ${unique}` : message)) : next
}

function play(played: Played, step: Step): void {
  const { session, running, recorded, conversations } = played
  switch (step.do) {
    case 'begin': {
      const messages = request(played, step)
      conversations[step.conversation] = messages
      const subagent = step.conversation > 1
      running.push(session.begin(messages, { subagent, threadHint: subagent ? `agent ${step.conversation}` : null }))
      return
    }
    case 'record': {
      const begun = running.splice(step.which % Math.max(1, running.length), 1)[0]
      if (begun === undefined) return
      session.record(begun, { ending: step.answered ? 'complete' : 'upstream_cut' })
      recorded.push(begun)
      return
    }
    case 'repeat': {
      const begun = recorded[recorded.length - 1 - (step.which % LIMITS.recorded)]
      if (begun === undefined) return
      const again = recordCall(session.state, session.outcome(begun), session.now)
      expect(again.changed).toBe(false)
      expect(again.state.summary).toBe(session.state.summary)
      expect(again.state.threads).toBe(session.state.threads)
      return
    }
    case 'restart':
      session.restart()
  }
}

function newPlay(): Played {
  return { session: new ScriptedSession(), running: [], recorded: [], conversations: [] }
}

it('never takes a thread back, spends every record once, and stays within its bounds', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const played = newPlay()
      const latest = new Map<string, [number, number]>()
      for (const step of script) {
        play(played, step)
        for (const thread of played.session.state.threads.values()) {
          const counters = (thread.unanswered ?? thread.head)?.counters
          if (counters === undefined) continue
          const [turn, iteration] = latest.get(thread.id) ?? [0, 0]
          expect(counters.turn > turn || (counters.turn === turn && counters.iteration >= iteration)).toBe(true)
          latest.set(thread.id, [counters.turn, counters.iteration])
        }
        const { summary, threads } = played.session.state
        expect(summary.calls).toBe(played.recorded.length)
        expect(summary.spentNano).toBe(1_000 * played.recorded.length)
        expect(threads.size).toBeLessThanOrEqual(LIMITS.threads)
      }
    }),
    { numRuns: 400 },
  )
})

it('gives every call a place whose counters make sense', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const played = newPlay()
      for (const step of script) {
        const before = played.running.length
        play(played, step)
        const begun = played.running[before]
        if (step.do !== 'begin' || begun === undefined) continue
        expect(begun.turn).toBeGreaterThanOrEqual(1)
        expect(begun.iteration).toBeGreaterThanOrEqual(begun.iterationsWithoutProgress)
        expect(begun.iterationsWithoutProgress).toBeGreaterThanOrEqual(1)
        expect(begun.treeIterations).toBeGreaterThanOrEqual(1)
        expect(begun.parentThreadId).not.toBe(begun.threadId)
        expect(begun.call.estimatedTokens).toBeGreaterThanOrEqual(0)
        for (const entry of begun.warm) expect(entry.expiresAt).toBeGreaterThan(played.session.now)
      }
    }),
    { numRuns: 400 },
  )
})

it('a restart changes no answer once everything in flight is recorded', () => {
  fc.assert(
    fc.property(steps, fc.nat(3), (script, conversation) => {
      const played = newPlay()
      for (const step of script) play(played, step)
      for (const begun of played.running.splice(0)) played.session.record(begun)
      const next = request(played, { do: 'begin', conversation, what: 'on', typed: false })
      const subagent = conversation > 1
      const opening = { requestId: 'probe', subagent, threadHint: subagent ? `agent ${conversation}` : null }
      const { state, now } = played.session
      const without = played.session.begin(next, opening)
      played.session.state = { ...state, open: new Map() }
      played.session.restart()
      played.session.now = now
      expect(played.session.begin(next, opening)).toEqual(without)
    }),
    { numRuns: 300 },
  )
})
