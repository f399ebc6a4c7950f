/** How each agent is set up: by the very lines the launcher prints, and the flags that make it work unattended. */
import { join } from 'node:path'
import type { Connection } from '../../../src/cli/connect/client-setup.ts'
import { CLINE } from '../../../src/cli/connect/cline.ts'
import { CONTINUE } from '../../../src/cli/connect/continue.ts'
import { connectLines } from '../../../src/cli/dev/connect-lines.ts'
import { TASK, TASK_ALONE, type AgentRun } from './run-agent.ts'

export const AGENT_NAMES = [
  'claude-code',
  'codex',
  'opencode',
  'opencode-chat',
  'opencode-responses',
  'cline',
  'continue',
  'grok',
] as const

export type AgentName = (typeof AGENT_NAMES)[number]

/** Agents that are known by headers or prompts of their own, and have sub-agents. */
export function isKnownAgent(agent: AgentName): boolean {
  return ['claude-code', 'codex'].includes(agent) || agent.startsWith('opencode')
}

/** The name an agent goes by in the log. */
export function loggedName(agent: AgentName): string {
  if (!isKnownAgent(agent)) return 'generic'
  return agent.startsWith('opencode') ? 'opencode' : agent
}

/** The packages opencode speaks an API by; it holds all three. */
const OPENCODE_PACKAGES = {
  opencode: '@ai-sdk/anthropic',
  'opencode-chat': '@ai-sdk/openai-compatible',
  'opencode-responses': '@ai-sdk/openai',
} as const

/** `export NAME=value` lines as an object. */
function exportsIn(lines: string): Record<string, string> {
  const pairs = [...lines.matchAll(/\bexport (\w+)=(\S+)/g)].map((match) => [match[1], match[2]] as [string, string])
  return Object.fromEntries(pairs)
}

export interface AskedOf {
  readonly connection: Connection
  /** What is typed; null: the task that shows a main loop and, where there is one, a sub-agent. */
  readonly task: string | null
}

/** @param bin folder of the agents' executables */
export function agentRun(agent: AgentName, bin: string, { connection, task }: AskedOf): AgentRun {
  const linesFor = (client: string): { where: string; lines: string } => {
    const found = connectLines(connection).find((one) => one.client === client)
    if (found === undefined) throw new Error(`No lines for ${client}`)
    return found
  }
  switch (agent) {
    case 'claude-code':
      return {
        executable: join(bin, 'claude'),
        args: ['-p', task ?? TASK, '--permission-mode', 'acceptEdits', '--allowedTools', 'Read,Write,Edit,Agent,Task'],
        environment: exportsIn(linesFor('Claude Code').lines),
        files: {},
      }
    case 'codex': {
      const { where, lines } = linesFor('Codex')
      return {
        executable: join(bin, 'codex'),
        args: ['exec', '--sandbox', 'danger-full-access', task ?? TASK],
        environment: exportsIn(where),
        files: { '~/.codex/config.toml': lines },
      }
    }
    case 'cline':
      return {
        executable: join(bin, 'cline'),
        args: ['--json', '--provider', 'openai-compatible', task ?? TASK],
        environment: {},
        files: { '~/.cline/data/settings/providers.json': CLINE.settings!.merged(null, connection) },
      }
    case 'continue':
      return {
        executable: join(bin, 'cn'),
        args: ['--print', '--auto', '--config', '.continue-config.yaml', task ?? TASK_ALONE],
        environment: { CONTINUE_TELEMETRY_ENABLED: '0' },
        files: { '.continue-config.yaml': CONTINUE.settings!.merged(null, connection) },
      }
    case 'grok':
      return {
        executable: join(bin, 'grok'),
        args: [
          '--base-url',
          `${connection.url}/v1`,
          '--api-key',
          connection.key,
          '--model',
          'auto',
          '--prompt',
          task ?? TASK_ALONE,
        ],
        environment: {},
        files: {},
      }
    case 'opencode':
    case 'opencode-chat':
    case 'opencode-responses':
      return {
        executable: join(bin, 'opencode'),
        args: ['run', task ?? TASK],
        environment: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
        files: {
          'opencode.json': linesFor('opencode').lines.replace(OPENCODE_PACKAGES.opencode, OPENCODE_PACKAGES[agent]),
        },
      }
  }
}
