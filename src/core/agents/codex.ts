/**
 * Reads requests of Codex (Responses dialect): https://github.com/openai/codex
 * It decides whose call it is and what the person typed, by the headers and wrappers the client itself writes.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { AgentAdapter, AgentReading, RequestHeaders, UtilityKind } from './agent-reading.ts'
import { hasAttachment, newTexts, nonEmpty, parseObject } from './request-texts.ts'
import { insideOf, SHARED_ELEMENTS, typedPart, type Dress } from './typed-text.ts'
import { utilityByShape } from './utility-calls.ts'

const DRESS: Dress = {
  added: new Set([
    ...SHARED_ELEMENTS,
    'user_instructions',
    'INSTRUCTIONS',
    'skill',
    'skills_instructions',
    'apps_instructions',
    'plugins_instructions',
    'recommended_plugins',
    'collaboration_mode',
    'multi_agent_mode',
    'turn_aborted',
    'subagent_notification',
    'user_shell_command',
    'user_action',
    'codex_internal_context',
  ]),
  typed: new Set(),
  ownStarts: [
    '# AGENTS.md instructions',
    '<permissions instructions>',
    'Another language model started to solve this problem',
    'You are performing a CONTEXT CHECKPOINT COMPACTION',
  ],
}

/** An editor puts its context first and the request under this heading. */
const REQUEST_HEADING = '## My request for Codex:'

const COLLABORATION: ReadonlySet<string> = new Set(['collaboration_mode'])

const EDIT_TOOLS: ReadonlySet<string> = new Set(['apply_patch'])

/** For sub-agents. */
const WAITING_TOOLS: ReadonlySet<string> = new Set(['wait', 'wait_agent'])

/** A shell's result opens with a few lines that tell the exit code; some tools answer with a sentence instead. */
const EXIT_CODE = /^(?:Process exited with code|Exit code:) (-?\d+)$/m
const REFUSALS = [
  'apply_patch verification failed',
  'patch rejected',
  'execution error:',
  'exec_command failed',
  'write_stdin failed',
  'failed in sandbox',
  'unsupported call:',
  'failed to parse function arguments',
  'exec command rejected by user',
  'command timed out',
  'tool call error:',
  'collab tool failed:',
]
const RESULT_HEAD = 600

export const CODEX: AgentAdapter = {
  name: 'codex',
  recognises: (headers, scan) =>
    'x-codex-turn-metadata' in headers ||
    'x-codex-window-id' in headers ||
    'x-codex-parent-thread-id' in headers ||
    'client_metadata.x-codex-installation-id' in scan.identity ||
    (scan.dialect === 'openai-responses' && (headers['originator'] ?? '').startsWith('codex')),
  read: readCodex,
  edits: (toolName, input) => EDIT_TOOLS.has(toolName) || isPatchCommand(toolName, input),
  waits: (toolName, input) => WAITING_TOOLS.has(toolName) || isPoll(toolName, input),
  failed: codexFailed,
}

function readCodex(headers: RequestHeaders, scan: RequestScan): AgentReading {
  const turn = parseObject(headers['x-codex-turn-metadata'] ?? scan.identity['client_metadata.x-codex-turn-metadata'])
  const sessionId =
    headers['session-id'] ??
    headers['session_id'] ??
    scan.identity['client_metadata.session_id'] ??
    nonEmpty(turn['session_id']) ??
    scan.identity['prompt_cache_key'] ??
    null
  const threadId = headers['thread-id'] ?? scan.identity['client_metadata.thread_id'] ?? nonEmpty(turn['thread_id'])
  const label = headers['x-openai-subagent'] ?? null
  const compaction = label === 'compact' || turn['request_kind'] === 'compaction' || asksForSummary(scan)
  const subagent =
    (label !== null && label !== 'compact') ||
    'x-codex-parent-thread-id' in headers ||
    turn['thread_source'] === 'subagent'
  const utility: UtilityKind | null = label === 'memory_consolidation' ? 'summary' : utilityByShape(scan)
  const typedText = compaction || utility !== null ? '' : readTyped(scan)
  return {
    agent: 'codex',
    sessionId,
    threadHint: threadId === sessionId ? null : (threadId ?? null),
    subagent,
    subagentType: subagent ? label : null,
    utility: compaction ? null : utility,
    compaction,
    planMode: newTexts(scan, 'developer', 'user').some(entersPlanMode),
    typedText,
    startsTurn: typedText !== '' || (utility === null && !compaction && hasAttachment(scan)),
    interactive: readInteractive(headers, turn),
  }
}

function readTyped(scan: RequestScan): string {
  return newTexts(scan, 'user')
    .map((text) => {
      const heading = text.indexOf(REQUEST_HEADING)
      return typedPart(heading < 0 ? text : text.slice(heading + REQUEST_HEADING.length), DRESS)
    })
    .filter((text) => text !== '')
    .join('\n\n')
}

function asksForSummary(scan: RequestScan): boolean {
  return newTexts(scan, 'user').some((text) =>
    text.trimStart().startsWith('You are performing a CONTEXT CHECKPOINT COMPACTION'),
  )
}

/** The client names the mode in an element of its own whenever it changes. */
function entersPlanMode(text: string): boolean {
  const mode = text.startsWith('<collaboration_mode>') ? insideOf(text, COLLABORATION) : null
  return mode !== null && /^#*\s*(?:Collaboration Mode:\s*)?Plan\b/i.test(mode)
}

function readInteractive(headers: RequestHeaders, turn: Readonly<Record<string, unknown>>): boolean | null {
  const originator = headers['originator'] ?? ''
  if (turn['turn_trigger'] === 'exec' || originator === 'codex_exec') return false
  return originator === '' ? null : true
}

/** Older versions patch files through the shell. */
function isPatchCommand(toolName: string, input: string): boolean {
  if (toolName !== 'shell' && toolName !== 'exec_command' && toolName !== 'local_shell') return false
  return input.includes('apply_patch') && input.includes('*** Begin Patch')
}

/** Nothing written to a running command: its tool's way to wait for more output. */
function isPoll(toolName: string, input: string): boolean {
  return toolName === 'write_stdin' && nonEmpty(parseObject(input)['chars']) === null
}

function codexFailed(resultText: string): boolean {
  const head = resultText.slice(0, RESULT_HEAD)
  if (head.startsWith('{')) return jsonFailed(resultText)
  const body = head.indexOf('\nOutput:')
  const code = EXIT_CODE.exec(body < 0 ? head : head.slice(0, body))?.[1]
  if (code !== undefined) return Number(code) !== 0
  return REFUSALS.some((refusal) => head.startsWith(refusal))
}

/** `{"output": …, "metadata": {"exit_code": 1, …}}`, where an excerpt may have cut the output short. */
function jsonFailed(resultText: string): boolean {
  const code = /"exit_code":\s*(-?\d+)/.exec(resultText.slice(-RESULT_HEAD))?.[1]
  return code !== undefined && Number(code) !== 0
}
