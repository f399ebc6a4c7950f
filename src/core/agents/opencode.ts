/**
 * Reads requests of opencode, in any of the three dialects: https://opencode.ai/docs
 * It decides whose call it is and what the person typed, by the headers and wrappers the client itself writes.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { AgentAdapter, AgentReading, RequestHeaders, UtilityKind } from './agent-reading.ts'
import { hasAttachment, newTexts } from './request-texts.ts'
import { between, SHARED_ELEMENTS, typedPart, type Dress } from './typed-text.ts'
import { utilityByShape } from './utility-calls.ts'

const SESSION_HEADERS = ['x-session-id', 'x-session-affinity', 'x-opencode-session', 'session-id'] as const

const DRESS: Dress = {
  added: new Set(SHARED_ELEMENTS),
  typed: new Set(),
  ownStarts: [
    'Called the Read tool with the following input:',
    'Called the Read tool on',
    'Called the List tool with the following input:',
    'Read tool failed to read',
    'The following tool was executed by the user',
    'Use the above message and context to generate a prompt and call the task tool',
    'Summarize the task tool output above and continue with your task.',
    'Continue if you have next steps',
    '<path>',
    '<file>',
    '00001|',
  ],
}

/** A message typed while the model works is wrapped by versions up to mid 2026. */
const QUEUED_FIRST = 'The user sent the following message:'
const QUEUED_LAST = 'Please address this message and continue with your tasks.'

const EDIT_TOOLS: ReadonlySet<string> = new Set(['edit', 'write', 'multiedit', 'patch', 'apply_patch'])

/** How the client words a failed tool where the dialect has no mark for one. */
const FAILURE_STARTS = [
  'Error: ',
  'error: ',
  'Failed ',
  'File not found:',
  'ENOENT:',
  'oldString not found',
  'Could not find oldString',
  'apply_patch verification failed',
  'patch rejected',
  'The user rejected permission',
  'The arguments provided to the tool are invalid',
  'Invalid tool',
  'Tool execution aborted',
]

export const OPENCODE: AgentAdapter = {
  name: 'opencode',
  recognises: (headers) => headers['originator'] === 'opencode' || sessionOf(headers) !== null,
  read: readOpencode,
  edits: (toolName) => EDIT_TOOLS.has(toolName),
  // Its tools answer when they are done.
  waits: () => false,
  failed: opencodeFailed,
}

/** Its session ids begin with `ses_`. */
function sessionOf(headers: RequestHeaders): string | null {
  for (const name of SESSION_HEADERS) {
    const id = headers[name]
    if (id?.startsWith('ses_') === true) return id
  }
  return null
}

function readOpencode(headers: RequestHeaders, scan: RequestScan): AgentReading {
  const own = sessionOf(headers)
  const parent = headers['x-parent-session-id'] ?? null
  const compaction = isCompaction(scan)
  const utility = compaction ? null : utilityOf(scan)
  const typedText = compaction || utility !== null ? '' : readTyped(scan)
  return {
    agent: 'opencode',
    sessionId: parent ?? own,
    threadHint: parent === null ? null : own,
    subagent: parent !== null,
    subagentType: null,
    utility,
    compaction,
    planMode: newTexts(scan, 'user').some(enablesPlanMode),
    typedText,
    startsTurn: typedText !== '' || (utility === null && !compaction && hasAttachment(scan)),
    interactive: null,
  }
}

function utilityOf(scan: RequestScan): UtilityKind | null {
  if (!scan.needs.tools && scan.systemStart.startsWith('Summarize what was done in this conversation')) return 'summary'
  return utilityByShape(scan)
}

function isCompaction(scan: RequestScan): boolean {
  if (scan.systemStart.startsWith('You are a helpful AI assistant tasked with summarizing conversations')) return true
  return newTexts(scan, 'user').some((text) =>
    text.trimStart().startsWith('Provide a detailed prompt for continuing our conversation above'),
  )
}

/** The plan agent's reminder is a text of its own in the newest message. */
function enablesPlanMode(text: string): boolean {
  const opening = text.trimStart().slice(0, 300)
  return (
    /^<system-reminder>\s*#*\s*Plan Mode\b/i.test(opening) || /^<system-reminder>\s*Plan mode is active/i.test(opening)
  )
}

function readTyped(scan: RequestScan): string {
  return newTexts(scan, 'user')
    .map((text) => (text.includes(QUEUED_LAST) ? (between(text, QUEUED_FIRST, QUEUED_LAST) ?? text) : text))
    .map((text) => unquoted(typedPart(text, DRESS)))
    .filter((text) => text !== '')
    .join('\n\n')
}

/** `opencode run` puts a message of several words in quotes. */
function unquoted(text: string): string {
  const quoted = text.length > 2 && text.startsWith('"') && text.indexOf('"', 1) === text.length - 1
  return quoted ? text.slice(1, -1) : text
}

/** The tool's own check of its input, worded for the model. */
const INVALID_ARGUMENTS = /^The \S{1,64} tool was called with invalid arguments:/

/** How a shell tool closes what a command wrote. The usual one tells no exit code, only that it ran out of time. */
const LAST_LINE = /(?:^|\n)(?:Command )?(?:exit code|exited with code):? (-?\d+)\.?\s*$/i
const OUT_OF_TIME =
  /\n<(?:shell|bash)_metadata>\n(?:shell|bash) tool terminated command after exceeding timeout [^<]*<\/(?:shell|bash)_metadata>\s*$|(?:^|\n)Command timed out before completion\.\s*$/
const RESULT_TAIL = 400

function opencodeFailed(resultText: string): boolean {
  const head = resultText.trimStart().slice(0, 200)
  if (FAILURE_STARTS.some((start) => head.startsWith(start)) || INVALID_ARGUMENTS.test(head)) return true
  const tail = resultText.slice(-RESULT_TAIL)
  const code = LAST_LINE.exec(tail)?.[1]
  return code === undefined ? OUT_OF_TIME.test(tail) : Number(code) !== 0
}
