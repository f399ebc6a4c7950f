/**
 * The published coding agents, run headless against a gateway and the scripted provider in strict mode. Tasks: is the
 * task done, does no call draw a 400, are session and sub-agents told apart, does a title call go to tier 1. Failures:
 * how often does each try again, and does its person read what went wrong.
 *
 *   npm run e2e:agents -- [AGENT ...] [--only tasks|failures] [--trial WORDS] [--verbose]
 *
 * Agents: claude-code codex opencode opencode-chat opencode-responses cline continue grok. Everything takes about half an
 * hour; `--trial` takes the trials with these words in their names.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chatCalls, checksOfFailure, checksOfTask, type Check, type Evidence } from '../support/agents/agent-checks.ts'
import { AGENT_NAMES, agentRun, type AgentName } from '../support/agents/agent-runs.ts'
import { FAILURE_TRIALS, PROVIDER_SAYS, type FailureTrial } from '../support/agents/failure-trials.ts'
import { installAgents } from '../support/agents/installed-agents.ts'
import { runAgent, type AgentOutcome } from '../support/agents/run-agent.ts'
import { watchGateway } from '../support/agents/watched-gateway.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const LIMIT_SECONDS = 150
const INSTALL_FOLDER = join(import.meta.dirname, '../../.headgate/agents')

/** Targets that reject most of what the agents send for their own models: only a well adapted request gets through. */
const OLDEST = ['anthropic/claude-haiku-4-5', 'openai/gpt-4o']

const only = (target: string) => ({
  schema: 1,
  translation: 'when-needed',
  catalog: { preset: 'none', tiers: { '1': [target], '2': [target], '3': [target] } },
})

interface TaskTrial {
  readonly name: string
  readonly policy: object | null
  /** Without it: every agent. */
  readonly agents?: readonly AgentName[]
}

const TASK_TRIALS: readonly TaskTrial[] = [
  { name: 'every call on an OpenAI model', policy: only('openai/gpt-6-sol'), agents: ['claude-code', 'continue'] },
  {
    name: 'every call on an Anthropic model',
    policy: only('anthropic/claude-sonnet-5-5'),
    agents: ['codex', 'opencode-chat', 'cline', 'grok'],
  },
  { name: 'default policy', policy: null },
  {
    name: 'every call on the oldest models',
    policy: { schema: 1, catalog: { preset: 'none', tiers: { '1': OLDEST, '2': OLDEST, '3': OLDEST } } },
  },
]

/** One target for each API, so that nobody but the agent gets around a fault; its title calls go elsewhere. */
const FAILING = ['claude-sonnet-5-5', 'gpt-6.1-terra']
const LOOP = ['anthropic/claude-sonnet-5-5', 'openai/gpt-6.1-terra']
const FAILURE_POLICY = {
  schema: 1,
  translation: 'never',
  requestedModel: 'ignore',
  failures: { retries: 0, fallbacks: 0 },
  catalog: {
    preset: 'none',
    tiers: { '1': ['anthropic/claude-haiku-5-5', 'openai/gpt-6-luna'], '2': LOOP, '3': LOOP },
  },
}

interface Stage {
  readonly gateway: TestGateway
  readonly bin: string
}

async function inFolder<T>(agent: AgentName, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `headgate-${agent}-`))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs one agent with a team of its own, so that its decisions are the only ones there. */
async function tryTask(agent: AgentName, { policy }: TaskTrial, { gateway, bin }: Stage): Promise<Evidence> {
  const { teamId, key } = await gateway.admin.newTeam(agent)
  if (policy !== null) await gateway.admin.putPolicy(teamId, policy)
  const before = gateway.upstream.state.recording.lastSeq
  const run = agentRun(agent, bin, { connection: { url: gateway.url, key }, task: null })
  const outcome = await inFolder(agent, (folder) => runAgent(run, folder, LIMIT_SECONDS))
  const upstream = gateway.upstream.state.recording
    .since(before)
    .map(({ path, status, model }) => ({ path, status, model }))
  return { outcome, upstream, decisions: await gateway.admin.waitForDecisions(teamId, chatCalls(upstream)) }
}

/** Runs one agent against a provider that fails in one way, or a gateway that refuses. */
async function tryFailure(
  agent: AgentName,
  { fault, everyModel, asOpenAi, times, policy, spent, task }: FailureTrial,
  { gateway, bin }: Stage,
): Promise<{ outcome: AgentOutcome; calls: readonly number[] }> {
  const { teamId, key } = await gateway.admin.newTeam(agent)
  await gateway.admin.putPolicy(teamId, { ...FAILURE_POLICY, ...policy })
  if (spent) await gateway.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd: 0.000001, mode: 'hard' })
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  for (const model of fault === null ? [] : FAILING) {
    const wish = model.startsWith('gpt') ? { ...fault, ...asOpenAi } : fault
    const match = everyModel ? {} : { match: { model } }
    await script(gateway.upstream, { ...match, times, errorMessage: PROVIDER_SAYS, ...wish })
  }
  const relay = await watchGateway(gateway.url)
  try {
    const run = agentRun(agent, bin, { connection: { url: relay.url, key }, task })
    const outcome = await inFolder(agent, (folder) => runAgent(run, folder, LIMIT_SECONDS))
    return { outcome, calls: relay.seen.filter((one) => one.offersTools).map(({ at }) => at) }
  } finally {
    await relay.close()
    await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  }
}

const verboseFlag = { type: 'boolean', default: false } as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: verboseFlag, only: { type: 'string' }, trial: { type: 'string', default: '' } },
})

/** Prints what holds and what does not; returns how much does not. */
function report(title: string, { checks, output }: { checks: readonly Check[]; output: string }): number {
  console.log(`\n${title}`)
  for (const { what, problem } of checks)
    console.log(`  ${problem === null ? 'ok  ' : 'FAIL'} ${what}${problem === null ? '' : `: ${problem}`}`)
  const failed = checks.filter(({ problem }) => problem !== null).length
  if (values.verbose || failed > 0) console.log(output.trimEnd().slice(-4000).replaceAll(/^/gm, '    | '))
  return failed
}

async function runTasks(agent: AgentName, stage: Stage): Promise<number> {
  let failed = 0
  for (const trial of TASK_TRIALS) {
    if (trial.agents?.includes(agent) === false || !trial.name.includes(values.trial)) continue
    const evidence = await tryTask(agent, trial, stage)
    const { decisions, outcome } = evidence
    const title = `${agent}, ${trial.name}: ${decisions.length} calls, ${outcome.seconds} s`
    const calls = decisions.toReversed().map((one) => {
      const who = one.subagent ? 'sub-agent' : 'main     '
      return `  ${who} ${one.turn}.${one.iteration} ${one.task_type} tier ${one.tier} ${one.model} ${one.reasons.join(',')}`
    })
    failed += report([title, ...calls].join('\n'), { checks: checksOfTask(agent, evidence), output: outcome.output })
  }
  return failed
}

async function runFailures(agent: AgentName, stage: Stage): Promise<number> {
  let failed = 0
  for (const trial of FAILURE_TRIALS) {
    const expected = trial.agents[agent]
    if (expected === undefined || !trial.name.includes(values.trial)) continue
    const { outcome, calls } = await tryFailure(agent, trial, stage)
    const gaps = calls.slice(1).map((at, index) => at - calls[index]!)
    const title = `${agent}, ${trial.name}: ${calls.length} calls, ms between them: ${gaps.join(' ') || 'none'}, ${outcome.seconds} s`
    const checks = checksOfFailure(expected, { outcome, gaps, calls: calls.length })
    failed += report(title, { checks, output: outcome.output })
  }
  return failed
}

const unknown = positionals.filter((name) => !AGENT_NAMES.some((agent) => agent === name))
if (unknown.length > 0) {
  console.error(`Unknown agent ${unknown.join(', ')}. There are ${AGENT_NAMES.join(', ')}.`)
  process.exit(1)
}
if (values.only !== undefined && values.only !== 'tasks' && values.only !== 'failures') {
  console.error('--only takes tasks or failures.')
  process.exit(1)
}
const bin = installAgents(INSTALL_FOLDER)
const gateway = await startGateway()
let failed = 0
try {
  for (const agent of AGENT_NAMES.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    if (!existsSync(agentRun(agent, bin, { connection: gateway, task: null }).executable)) {
      console.log(`\n${agent}: skipped, because its package could not be installed.`)
      continue
    }
    if (values.only !== 'failures') failed += await runTasks(agent, { gateway, bin })
    if (values.only !== 'tasks') failed += await runFailures(agent, { gateway, bin })
  }
} finally {
  await gateway.stop()
}
console.log(failed === 0 ? '\nAll checks hold.' : `\n${failed} checks failed.`)
process.exit(failed === 0 ? 0 : 1)
