/**
 * The published coding agents, run headless against a gateway and the scripted provider in strict mode: is the task
 * done, does no call draw a 400, are session and sub-agents told apart, does a title call go to tier 1.
 *
 *   npm run e2e:agents -- [claude-code] [codex] [opencode] [cline] [continue] [grok] [--verbose]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { LoggedDecision } from '../support/admin-client.ts'
import { AGENT_NAMES, agentRun, isKnownAgent, type AgentName } from '../support/agents/agent-runs.ts'
import { installAgents } from '../support/agents/installed-agents.ts'
import { runAgent, type AgentOutcome } from '../support/agents/run-agent.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

const LIMIT_SECONDS = 120
const INSTALL_FOLDER = join(import.meta.dirname, '../../.headgate/agents')

/** Targets that reject most of what the agents send for their own models: only a well adapted request gets through. */
const OLDEST = ['anthropic/claude-haiku-4-5', 'openai/gpt-4o']

const only = (target: string) => ({
  schema: 1,
  translation: 'when-needed',
  catalog: { preset: 'none', tiers: { '1': [target], '2': [target], '3': [target] } },
})

/** Without `agents`: for every agent. */
const TRIALS: readonly {
  readonly name: string
  readonly policy: object | null
  readonly agents?: readonly AgentName[]
}[] = [
  { name: 'every call on an OpenAI model', policy: only('openai/gpt-6-sol'), agents: ['claude-code', 'continue'] },
  {
    name: 'every call on an Anthropic model',
    policy: only('anthropic/claude-sonnet-5-5'),
    agents: ['codex', 'cline', 'grok'],
  },
  { name: 'default policy', policy: null },
  {
    name: 'every call on the oldest models',
    policy: { schema: 1, catalog: { preset: 'none', tiers: { '1': OLDEST, '2': OLDEST, '3': OLDEST } } },
  },
]

interface Evidence {
  readonly outcome: AgentOutcome
  readonly decisions: readonly LoggedDecision[]
  readonly upstream: readonly { readonly path: string; readonly status: number | null; readonly model: string | null }[]
}

interface Check {
  readonly what: string
  /** null when it holds, else what was seen instead. */
  readonly problem: string | null
}

function check(what: string, holds: boolean, seen: unknown): Check {
  return { what, problem: holds ? null : JSON.stringify(seen) }
}

/** Calls that are decided and charged; counting tokens and listing models are not. */
function chatCalls(upstream: Evidence['upstream']): number {
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

function checksOf(agent: AgentName, { outcome, decisions, upstream }: Evidence): readonly Check[] {
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
      distinct(decisions.map((one) => one.agent)).join() === (isKnownAgent(agent) ? agent : 'generic'),
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
  if (agent === 'opencode') {
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

interface Stage {
  readonly gateway: TestGateway
  readonly bin: string
}

/** Runs one agent with a team of its own, so that its decisions are the only ones there. */
async function tryAgent(agent: AgentName, policy: object | null, { gateway, bin }: Stage): Promise<Evidence> {
  const { teamId, key } = await gateway.admin.newTeam(agent)
  if (policy !== null) await gateway.admin.putPolicy(teamId, policy)
  const before = gateway.upstream.state.recording.lastSeq
  const folder = mkdtempSync(join(tmpdir(), `headgate-${agent}-`))
  try {
    const outcome = await runAgent(agentRun(agent, bin, { url: gateway.url, key }), folder, LIMIT_SECONDS)
    const upstream = gateway.upstream.state.recording
      .since(before)
      .map(({ path, status, model }) => ({ path, status, model }))
    return { outcome, upstream, decisions: await gateway.admin.waitForDecisions(teamId, chatCalls(upstream)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function answersResponses(gateway: TestGateway): Promise<boolean> {
  const answer = await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: '{}',
  })
  await answer.body?.cancel()
  return answer.status !== 404
}

function report(
  agent: AgentName,
  title: string,
  { evidence, verbose }: { evidence: Evidence; verbose: boolean },
): number {
  const { outcome, decisions } = evidence
  console.log(`\n${agent}, ${title}: ${decisions.length} calls, ${outcome.seconds} s`)
  for (const one of decisions.toReversed()) {
    console.log(
      `  ${one.subagent ? 'sub-agent' : 'main     '} ${one.turn}.${one.iteration} ${one.task_type} tier ${one.tier} ${one.model} ${one.reasons.join(',')}`,
    )
  }
  const checks = checksOf(agent, evidence)
  for (const { what, problem } of checks)
    console.log(`  ${problem === null ? 'ok  ' : 'FAIL'} ${what}${problem === null ? '' : `: ${problem}`}`)
  const failed = checks.filter(({ problem }) => problem !== null).length
  if (verbose || failed > 0) console.log(outcome.output.trimEnd().replaceAll(/^/gm, '    | '))
  return failed
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !AGENT_NAMES.some((agent) => agent === name))
if (unknown.length > 0) {
  console.error(`Unknown agent ${unknown.join(', ')}. There are ${AGENT_NAMES.join(', ')}.`)
  process.exit(1)
}
const bin = installAgents(INSTALL_FOLDER)
const gateway = await startGateway()
let failed = 0
try {
  for (const agent of AGENT_NAMES.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    if (agent === 'codex' && !(await answersResponses(gateway))) {
      console.log(
        '\ncodex: skipped, because this gateway does not answer POST /v1/responses, the only dialect Codex speaks.',
      )
      continue
    }
    if (!existsSync(agentRun(agent, bin, gateway).executable)) {
      console.log(`\n${agent}: skipped, because its package could not be installed.`)
      continue
    }
    for (const { name, policy, agents } of TRIALS) {
      if (agents?.includes(agent) === false) continue
      const evidence = await tryAgent(agent, policy, { gateway, bin })
      failed += report(agent, name, { evidence, verbose: values.verbose })
    }
  }
} finally {
  await gateway.stop()
}
console.log(failed === 0 ? '\nAll checks hold.' : `\n${failed} checks failed.`)
process.exit(failed === 0 ? 0 : 1)
