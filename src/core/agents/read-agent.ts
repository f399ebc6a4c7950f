/**
 * Chooses the adapter that reads a request.
 * It decides by asking each adapter in turn, the most particular first; the generic one takes whatever is left.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { AgentAdapter, AgentReading, RequestHeaders } from './agent-reading.ts'
import { CLAUDE_CODE } from './claude-code.ts'
import { CODEX } from './codex.ts'
import { GENERIC } from './generic.ts'
import { OPENCODE } from './opencode.ts'

/** In the order they are asked: opencode names itself in headers that Codex has too. */
const ADAPTERS: readonly AgentAdapter[] = [CLAUDE_CODE, OPENCODE, CODEX, GENERIC]

/** What the request's agent tells about it. Header names are in lower case. */
export function readAgent(headers: RequestHeaders, scan: RequestScan): AgentReading {
  const adapter = ADAPTERS.find((candidate) => candidate.recognises(headers, scan)) ?? GENERIC
  return adapter.read(headers, scan)
}

/** The adapter of this name; the generic one if there is none. */
export function adapterNamed(name: string): AgentAdapter {
  return ADAPTERS.find((adapter) => adapter.name === name) ?? GENERIC
}
