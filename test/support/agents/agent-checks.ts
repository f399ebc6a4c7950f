/** What a run of an agent is held against: named checks over what was seen of it. */
import type { LoggedDecision } from '../admin-client.ts'
import { isKnownAgent, loggedName, type AgentName } from './agent-runs.ts'
import type { Expected } from './failure-trials.ts'
import type { AgentOutcome } from './run-agent.ts'

export interface Evidence {
  readonly outcome: AgentOutcome
  readonly decisions: readonly LoggedDecision[]
  readonly upstream: readonly { readonly path: string; readonly status: number | null; readonly model: string | null }[]
}

export interface Check {
  readonly what: string
  /** null when it holds, else what was seen instead. */
  readonly problem: string | null
}

function check(what: string, holds: boolean, seen: unknown): Check {
  return { what, problem: holds ? null : JSON.stringify(seen) }
}

/** Calls that are decided and charged; counting tokens and listing models are not. */
export function chatCalls(upstream: Evidence['upstream']): number {
  return upstream.filter(({ path }) => !path.includes('count_tokens') && !path.includes('/models')).length
}

/** An agent may end while a sub-agent of its own still listens. */
function endedWell({ status, ending, subagent }: LoggedDecision): boolean {
  return status === 200 && (ending === 'complete' || (subagent && ending === 'client_left'))
}

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]

function longestThread(calls: readonly LoggedDecision[]): readonly LoggedDecision[] {
  const threads = [...Map.groupBy(calls, (one) => one.thread_id).values()]
  return threads.toSorted((a, b) => b.length - a.length)[0] ?? []
}

/** Of a task done without a fault. */
export function checksOfTask(agent: AgentName, { outcome, decisions, upstream }: Evidence): readonly Check[] {
  const main = decisions.filter((one) => !one.subagent)
  const workers = decisions.filter((one) => one.subagent)
  const utility = decisions.filter((one) => one.task_type === 'utility')
  // Of an agent that sends no ids a sub-agent shows as a conversation of its own: the longest is the main one.
  const calls = main.filter((one) => one.task_type !== 'utility')
  const loop = isKnownAgent(agent) ? calls : longestThread(calls)
  const checks = [
    check('ended by itself with code 0', outcome.exitCode === 0 && !outcome.timedOut, outcome),
    check('wrote the file it was asked for', outcome.written?.includes('# Hello') === true, outcome.written),
    check(
      'no call drew an error upstream',
      upstream.every((one) => one.status === 200),
      upstream,
    ),
    check('every call upstream has one decision', decisions.length === chatCalls(upstream), [
      decisions.length,
      upstream,
    ]),
    check('every call is in the log, settled', decisions.every(endedWell), decisions),
    check(
      'the log knows the agent',
      distinct(decisions.map((one) => one.agent)).join() === loggedName(agent),
      distinct(decisions.map((one) => one.agent)),
    ),
    check(
      'every call has its cost and its reasons',
      decisions.every((one) => one.cost_nano !== null && one.reasons.length > 0),
      decisions,
    ),
    check(
      'the main loop is one thread of one session',
      loop.length >= 3 && distinct(loop.map((one) => `${one.session_id} ${one.thread_id}`)).length === 1,
      loop,
    ),
    check(
      'the main loop is one turn, its calls counted',
      loop.every((one) => one.turn === loop[0]?.turn) &&
        distinct(loop.map((one) => one.iteration)).length === loop.length,
      loop.map((one) => [one.turn, one.iteration]),
    ),
  ]
  if (isKnownAgent(agent))
    checks.push(
      check(
        'the sub-agent is told apart in threads of its own',
        workers.length > 0 && workers.every((one) => loop.every((other) => other.thread_id !== one.thread_id)),
        workers,
      ),
    )
  if (agent.startsWith('opencode')) {
    checks.push(
      check(
        'the title call went to tier 1',
        utility.length > 0 && utility.every((one) => one.tier === 1),
        decisions.map((one) => [one.task_type, one.tier]),
      ),
    )
  }
  return checks
}

/** The scripted provider has an agent read, write and answer. */
const TASK_CALLS = 3

/** Of a run against a fault. `gaps`: ms between its calls. */
export function checksOfFailure(
  expected: Expected,
  { outcome, gaps, calls }: { outcome: AgentOutcome; gaps: readonly number[]; calls: number },
): readonly Check[] {
  const { recovers, shows, waitsMs } = expected
  const wanted = expected.calls + (recovers ? TASK_CALLS : 0)
  const checks = [
    check('ended by itself', !outcome.timedOut, outcome.seconds),
    check(`made ${wanted} calls`, calls === wanted, calls),
    check(
      recovers ? 'did the task all the same' : 'did not do the task',
      (outcome.written !== null) === recovers,
      outcome,
    ),
  ]
  if (shows !== null)
    checks.push(check(`showed ${shows.source}`, shows.test(outcome.output), outcome.output.slice(-400)))
  if (waitsMs !== undefined)
    checks.push(
      check(
        `waited ${waitsMs} ms`,
        gaps.some((gap) => gap >= waitsMs),
        gaps,
      ),
    )
  return checks
}
