/**
 * Reads requests of any client that has no adapter of its own: editors' agents, SDKs, scripts.
 * It decides by what many clients share (session headers, wrappers around the typed text) and leaves open what it cannot
 * see.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { AgentAdapter, AgentReading, RequestHeaders } from './agent-reading.ts'
import { hasAttachment, newTexts, nonEmpty, parseObject } from './request-texts.ts'
import { SHARED_ELEMENTS, typedPart, type Dress } from './typed-text.ts'
import { utilityByShape } from './utility-calls.ts'

const SESSION_HEADERS = [
  'x-session-id',
  'session-id',
  'session_id',
  'x-conversation-id',
  'conversation_id',
  'x-session-affinity',
] as const

const DRESS: Dress = {
  added: new Set([
    ...SHARED_ELEMENTS,
    'user_info',
    'workspace_info',
    'environment_info',
    'context',
    'editorContext',
    'reminder',
    'reminderInstructions',
    'current_datetime',
    'git_status',
    'project_layout',
    'open_and_recently_viewed_files',
    'system_notification',
  ]),
  typed: new Set(['userRequest', 'user_query', 'user_message', 'user_input', 'task', 'feedback', 'answer']),
  ownStarts: [
    '[ERROR] You did not use a tool',
    'This is the Qwen Code. We are setting up the context for our chat.',
    'This is the Gemini CLI. We are setting up the context for our chat.',
    'You did not use a tool in your previous response',
  ],
}

const EDIT_NAME =
  /^(?:(?:str_replace|search_replace|multi_?edit|edit|write|create|insert|replace|apply|patch|update)(?:_[a-z]+)*|str_replace_(?:based_edit_tool|editor)|new_file|builtin_(?:create|edit|multi_edit)\w*)$/i

/** Names that match by their verb and do not edit files. */
const NOT_EDITING = /todo|plan|memory|task|stdin|branch|issue|pull|comment|goal/i

const WAIT_NAME =
  /^(?:(?:wait|poll|sleep|await)(?:_[a-z]+)*|\w*_wait(?:_for)?|(?:get_|read_|check_)?(?:command|process|task|job|terminal)_(?:status|output))$/i

export const GENERIC: AgentAdapter = {
  name: 'generic',
  recognises: () => true,
  read: readGeneric,
  edits: (toolName) => EDIT_NAME.test(toolName.slice(0, 80)) && !NOT_EDITING.test(toolName.slice(0, 80)),
  waits: (toolName) => WAIT_NAME.test(toolName.slice(0, 80)),
  failed: genericFailed,
}

function readGeneric(headers: RequestHeaders, scan: RequestScan): AgentReading {
  const utility = utilityByShape(scan)
  const compaction = utility === null && asksForSummary(scan)
  const typedText = compaction || utility !== null ? '' : readTyped(scan)
  const interaction = headers['x-interaction-type'] ?? ''
  return {
    agent: 'generic',
    sessionId: readSession(headers, scan),
    threadHint: null,
    subagent: interaction.endsWith('subagent'),
    subagentType: null,
    utility,
    compaction,
    planMode: newTexts(scan, 'user', 'system').some(enablesPlanMode),
    typedText,
    startsTurn: typedText !== '' || (utility === null && !compaction && hasAttachment(scan)),
    interactive: null,
  }
}

/** A cache key is a session's by the clients that send one. */
function readSession(headers: RequestHeaders, scan: RequestScan): string | null {
  for (const name of SESSION_HEADERS) {
    const id = nonEmpty(headers[name])
    if (id !== null) return id
  }
  const { identity } = scan
  return (
    nonEmpty(parseObject(identity['metadata.user_id'])['session_id']) ??
    nonEmpty(identity['metadata.session_id']) ??
    nonEmpty(identity['session_id']) ??
    nonEmpty(identity['prompt_cache_key'])
  )
}

function readTyped(scan: RequestScan): string {
  return newTexts(scan, 'user')
    .map((text) => typedPart(text, DRESS))
    .filter((text) => text !== '')
    .join('\n\n')
}

function asksForSummary(scan: RequestScan): boolean {
  const summariser =
    /^You are (?:a helpful AI assistant tasked with summarizing conversations|the component that summarizes internal chat history)/
  if (summariser.test(scan.systemStart)) return true
  return newTexts(scan, 'user').some((text) =>
    text.trimStart().startsWith('Your task is to create a detailed summary of the conversation so far'),
  )
}

function enablesPlanMode(text: string): boolean {
  const opening = text.trimStart().slice(0, 300)
  return /^<system-reminder>\s*#*\s*Plan mode (?:is|ACTIVE)/i.test(opening)
}

function genericFailed(resultText: string): boolean {
  const head = resultText.trimStart().slice(0, 200)
  if (/^(?:Error|Tool error|Tool execution failed|Command failed)\b[:\s]/.test(head)) return true
  const code = /^(?:Exit code|Exit Code|exit code|Command exited with code|Process exited with code):? (-?\d+)\b/m.exec(
    head,
  )?.[1]
  return code !== undefined && Number(code) !== 0
}
