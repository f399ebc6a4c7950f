/**
 * What a coding agent's adapter reads off a request: who is calling, in which conversation, and what the person typed.
 * An adapter never decides a tier; it tells what the call is.
 */
import type { RequestScan } from '../dialects/request-scan.ts'

/** Request headers, names in lower case. */
export type RequestHeaders = Readonly<Record<string, string>>

/** An agent's own small calls. */
export type UtilityKind = 'title' | 'topic' | 'quota' | 'summary' | 'autocomplete' | 'other'

export interface AgentReading {
  /** Adapter name: `claude-code`, `codex`, `opencode`, `generic` ... */
  readonly agent: string
  /** The client's own id of the session; null where it sends none and one must be inferred. */
  readonly sessionId: string | null
  /** The client's own id of the conversation inside the session (a sub-agent's id); null where it sends none. */
  readonly threadHint: string | null
  readonly subagent: boolean
  /** The kind of sub-agent where the client tells (`general-purpose`, `collab_spawn` ...). */
  readonly subagentType: string | null
  readonly utility: UtilityKind | null
  /** The call compacts the conversation. */
  readonly compaction: boolean
  readonly planMode: boolean
  /** What the person really typed in the new part: reminders, tool results and pasted files stripped; '' if nothing. */
  readonly typedText: string
  /** The new part holds something a person typed (or, for a sub-agent, its task): a turn starts here. */
  readonly startsTurn: boolean
  /** False for print mode, CI and the like; null where the client does not tell. */
  readonly interactive: boolean | null
}

export interface AgentAdapter {
  readonly name: string
  /** Whether this request comes from the agent. Never on a user agent alone, since some clients spoof another's. */
  recognises(headers: RequestHeaders, scan: RequestScan): boolean
  read(headers: RequestHeaders, scan: RequestScan): AgentReading
  /** Whether a call of this tool edits files. `input` is the call's input as it stands in the request. */
  edits(toolName: string, input: string): boolean
  /** Whether a call of this tool only waits for work that runs elsewhere: made again and again it is no loop. */
  waits(toolName: string, input: string): boolean
  /** Whether a tool result without an error mark shows, by its wording, that the tool failed. */
  failed(resultText: string): boolean
}
