/** Sessions without text (`agent_sessions.jsonl.gz`): what each turn needed is drawn, once a seed. */
import { workOfTier } from '../../core/replay/call-work.ts'
import { demandOfCalls, drawDemand, type DemandShares } from '../../core/replay/fixed-strategies.ts'
import { UnreadableLog, type RecordedThread } from '../../core/replay/recorded-thread.ts'
import { seededRandom } from '../../core/replay/seeded-random.ts'
import { InvalidTrace, readTraceHeader, readTraceSession, type TraceSession } from '../../core/replay/trace.ts'
import type { OnRead } from './read-decision-log.ts'
import { jsonOf, readLines } from './read-lines.ts'

export interface SessionDraw {
  readonly shares: DemandShares
  readonly seeds: readonly number[]
  /** Sessions with fewer calls are left out. */
  readonly leastCalls: number
}

/** Reads every session of a log. Throws `UnreadableLog` naming the line that is none. */
export async function readSessionLog(path: string, size: number, onRead: OnRead): Promise<readonly TraceSession[]> {
  const sessions: TraceSession[] = []
  let header: ReturnType<typeof readTraceHeader> | null = null
  for await (const line of readLines(path, (bytes) => onRead(bytes, size))) {
    try {
      const value = jsonOf(line, path)
      if (header === null) header = readTraceHeader(value)
      else sessions.push(readTraceSession(value, header))
    } catch (error) {
      if (error instanceof InvalidTrace) throw new UnreadableLog(`${path}, line ${line.number}: ${error.message}.`)
      throw error
    }
  }
  return sessions
}

/** The sessions as threads, with their work drawn: one generator a seed goes through all of them. */
export function drawnThreads(sessions: readonly TraceSession[], draw: SessionDraw): readonly RecordedThread[] {
  const kept = sessions.filter(({ calls }) => calls.length >= draw.leastCalls)
  const random = draw.seeds.map(seededRandom)
  return kept.map((session) => ({
    trace: session,
    sessionId: session.id,
    subagent: false,
    works: random.map((next) => demandOfCalls(session, drawDemand(session, draw.shares, next)).map(workOfTier)),
    recorded: [],
  }))
}
