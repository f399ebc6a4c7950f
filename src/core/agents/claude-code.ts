/**
 * Reads requests of Claude Code: https://code.claude.com/docs/en/llm-gateway-protocol
 * It decides whose call it is and what the person typed, by headers and wording that the client itself puts there. It
 * never trusts the user agent, which others spoof.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { AgentAdapter, AgentReading, RequestHeaders, UtilityKind } from './agent-reading.ts'
import { hasAttachment, newResults, newTexts, nonEmpty, parseObject } from './request-texts.ts'
import { between, dropElements, SHARED_ELEMENTS, typedPart, type Dress } from './typed-text.ts'
import { utilityByShape } from './utility-calls.ts'

const BILLING = 'x-anthropic-billing-header:'

/** A message typed while the model worked, and an answer to a refused permission, travel inside the client's own text. */
const TYPED_BETWEEN: readonly (readonly [string, string])[] = [
  ['The user sent a new message while you were working:', 'IMPORTANT: After completing your current task'],
  ['To tell you how to proceed, the user said:', '\n\nNote: The user'],
]

/** After one of these the client waits for the person: a text beside it is theirs. */
const STOP_NOTICES = [
  '[Request interrupted by user',
  '[Tool call ',
  "The user doesn't want to take this action right now.",
  "The user doesn't want to proceed with this tool use.",
]

const DRESS: Dress = {
  added: new Set([
    ...SHARED_ELEMENTS,
    'session',
    'command-name',
    'command-message',
    'local-command-stdout',
    'local-command-stderr',
    'local-command-caveat',
    'bash-input',
    'bash-stdout',
    'bash-stderr',
    'user-prompt-submit-hook',
    'task-notification',
    'ide_opened_file',
    'ide_selection',
    'ide_diagnostics',
    'total_tokens',
    'new-diagnostics',
  ]),
  typed: new Set(['command-args']),
  ownStarts: [
    ...STOP_NOTICES,
    'Caveat: The messages below were generated',
    'This session is being continued from a previous conversation',
    'Messages arrived in the bound thread while you were working:',
    '[MESSAGE FROM NON-USER SOURCE',
    '[SCHEDULED TASK',
    '[SUGGESTION MODE',
    'The previous response failed to produce a valid tool call.',
    'Your tool call was malformed and could not be parsed.',
    '[Your previous response had no visible output.',
    'Stop hook feedback:',
    'Called the Read tool with the following input:',
  ],
}

const HOOK_FEEDBACK = /^\S{1,40} hook (?:feedback|blocking error from command|additional context):/

const EDIT_TOOLS: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit', 'Update'])

/** They ask what a command or an agent in the background has come to. */
const WAITING_TOOLS: ReadonlySet<string> = new Set(['TaskOutput', 'BashOutput', 'AgentOutputTool'])

export const CLAUDE_CODE: AgentAdapter = {
  name: 'claude-code',
  recognises: (headers, scan) =>
    'x-claude-code-session-id' in headers ||
    scan.systemStart.startsWith(BILLING) ||
    (sessionOfUser(scan) !== null && scan.systemStart.includes('You are Claude Code')),
  read: readClaudeCode,
  edits: (toolName) => EDIT_TOOLS.has(toolName),
  waits: (toolName) => WAITING_TOOLS.has(toolName),
  // The client marks every failed tool itself.
  failed: () => false,
}

function readClaudeCode(headers: RequestHeaders, scan: RequestScan): AgentReading {
  const threadHint = headers['x-claude-code-agent-id'] ?? null
  const requestClass = headers['x-claude-code-request-class'] ?? null
  const subagent =
    threadHint !== null || requestClass === 'subagent' || scan.systemStart.includes('cc_is_subagent=true')
  const compaction = requestClass === 'compaction' || asksForSummary(scan)
  const utility = compaction ? null : utilityOf(scan, requestClass)
  const typedText = compaction || utility !== null ? '' : readTyped(scan)
  return {
    agent: 'claude-code',
    sessionId: headers['x-claude-code-session-id'] ?? sessionOfUser(scan),
    threadHint,
    subagent,
    subagentType: headers['x-claude-code-agent-type'] ?? null,
    utility,
    compaction,
    planMode: [...newTexts(scan, 'user', 'system')].some(enablesPlanMode),
    typedText,
    startsTurn: typedText !== '' || (utility === null && !compaction && hasAttachment(scan)),
    interactive: readInteractive(scan),
  }
}

/** `metadata.user_id` is a JSON object with the session; older versions wrote `user_…_session_…`. */
function sessionOfUser(scan: RequestScan): string | null {
  const userId = scan.identity['metadata.user_id']
  const fromJson = nonEmpty(parseObject(userId)['session_id'])
  if (fromJson !== null) return fromJson
  const mark = userId?.lastIndexOf('_session_') ?? -1
  return mark < 0 ? null : nonEmpty(userId?.slice(mark + '_session_'.length))
}

function readInteractive(scan: RequestScan): boolean | null {
  const entry = between(scan.systemStart.slice(0, 300), 'cc_entrypoint=', ';')
  if (entry === null || !scan.systemStart.startsWith(BILLING)) return null
  if (entry === 'cli' || entry === 'claude-vscode' || entry === 'claude-desktop') return true
  return entry.startsWith('sdk-') || entry.includes('action') || entry === 'mcp' ? false : null
}

function utilityOf(scan: RequestScan, requestClass: string | null): UtilityKind | null {
  const byShape = utilityByShape(scan)
  if (byShape !== null) return byShape
  if (requestClass === 'auxiliary') return 'other'
  return newTexts(scan, 'user').some((text) => text.startsWith('[SUGGESTION MODE')) ? 'other' : null
}

function asksForSummary(scan: RequestScan): boolean {
  if (/(?:^|\n)You are a helpful AI assistant tasked with summarizing conversations/.test(scan.systemStart)) return true
  return newTexts(scan, 'user').some((text) => {
    const opening = text.trimStart().slice(0, 2_000)
    if (opening.startsWith('Your task is to create a detailed summary of')) return true
    return opening.startsWith('CRITICAL: Respond with TEXT ONLY.') && opening.includes('detailed summary of')
  })
}

/** The reminder stands in the user's message, or in a system message for models that take those. */
function enablesPlanMode(text: string): boolean {
  const at = text.indexOf('Plan mode is active')
  if (at >= 0 && isReminder(text, at)) return true
  const still = text.indexOf('Plan mode still active')
  return still >= 0 && isReminder(text, still)
}

/** True where the words open a text or a reminder: not where somebody quotes them. */
function isReminder(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd()
  return before === '' || before.endsWith('<system-reminder>') || before.endsWith('#')
}

function readTyped(scan: RequestScan): string {
  const results = newResults(scan)
  const texts = newTexts(scan, 'user')
  const told = [...newTexts(scan, 'user', 'system'), ...results.map((result) => result.text)].flatMap(typedInside)
  if (told.length > 0) return told.join('\n\n')
  // Beside tool results the client writes texts of its own (a skill's body), unless it had stopped for the person.
  const stopped = [...texts, ...results.filter((result) => result.isError).map((result) => result.text)].some(
    isStopNotice,
  )
  if (results.length > 0 && !stopped) return ''
  return texts
    .filter((text) => !HOOK_FEEDBACK.test(text.slice(0, 120)))
    .map((text) => typedPart(text, DRESS))
    .filter((text) => text !== '')
    .join('\n\n')
}

/** What a person typed of one text of theirs, without what the client put around it; '' if nothing. */
export function typedInClaudeCode(text: string): string {
  const told = typedInside(text)
  if (told.length > 0) return told.join('\n\n')
  return HOOK_FEEDBACK.test(text.slice(0, 120)) ? '' : typedPart(text, DRESS)
}

function isStopNotice(text: string): boolean {
  return STOP_NOTICES.some((notice) => text.trimStart().startsWith(notice))
}

const REMINDER: ReadonlySet<string> = new Set(['system-reminder'])

function typedInside(text: string): string[] {
  for (const [first, last] of TYPED_BETWEEN) {
    const at = text.indexOf(first)
    if (at < 0 || (at > 0 && !opensLine(text, at))) continue
    const typed = between(text, first, last)
    if (typed !== null) return [dropElements(typed.replace('</system-reminder>', ''), REMINDER).trim()].filter(Boolean)
  }
  return []
}

function opensLine(text: string, at: number): boolean {
  const before = text[at - 1]
  return before === '\n' || before === '>' || before === ' '
}
