/** Reads a gzipped session log: the header line, then a session a line. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readTraceHeader, readTraceSession, type TraceSession } from '../../../src/core/replay/trace.ts'

/** The sessions with at least `leastCalls` main-loop calls. */
export function readSessions(path: string, leastCalls: number): readonly TraceSession[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const [first, ...lines] = text.split('\n').filter((line) => line !== '')
  if (first === undefined) throw new Error(`${path} is empty`)
  const header = readTraceHeader(JSON.parse(first))
  return lines
    .map((line) => readTraceSession(JSON.parse(line), header))
    .filter((session) => session.calls.length >= leastCalls)
}
