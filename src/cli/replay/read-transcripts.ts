/** Transcripts of Claude Code under a folder: a file a session, sub-agents in it or in files of their own. */
import { readdirSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { costOf } from '../../core/pricing/cost.ts'
import { buildPriceBook, priceOf } from '../../core/pricing/price-book.ts'
import {
  feedTranscript,
  openTranscript,
  threadsOfTranscript,
  type TranscriptReading,
} from '../../core/replay/read-transcript.ts'
import type { RecordedThread } from '../../core/replay/recorded-thread.ts'
import { readTranscriptLine, type TranscriptLine } from '../../core/replay/transcript-line.ts'
import type { CatalogModel } from '../../core/routing/catalog.ts'
import type { OnRead } from './read-decision-log.ts'
import { readLines, sizeOf } from './read-lines.ts'

export interface ReadTranscripts {
  readonly threads: readonly RecordedThread[]
  readonly files: number
  /** Lines that are not JSON: a session that is being written may end in half a line. */
  readonly brokenLines: number
}

/** The transcripts under a folder, or the one file. The path is known to be there. */
export function transcriptFiles(path: string, isFolder: boolean): readonly string[] {
  if (!isFolder) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(path, name))
    .sort()
}

/**
 * Reads transcripts. A session that was resumed repeats the calls of the one before it: each call counts once, in the
 * file that has it first.
 */
export async function readTranscripts(
  files: readonly string[],
  models: ReadonlyMap<string, CatalogModel>,
  onRead: OnRead,
): Promise<ReadTranscripts> {
  const sizes = files.map(sizeOf)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const sessions = new Map<string, TranscriptReading>()
  const seen = new Set<string>()
  let done = 0
  let brokenLines = 0
  for (const [index, file] of files.entries()) {
    for await (const line of readLines(file, (bytes) => onRead(done + bytes, total))) {
      const value = parsed(line.text)
      if (value === undefined) {
        brokenLines += 1
        continue
      }
      const read = readTranscriptLine(value)
      if (read === null) continue
      const place = withAgent(read, file)
      feedTranscript(sessionOf(sessions, file, place), place, seen)
    }
    done += sizes[index] ?? 0
  }
  const prices = buildPriceBook()
  const threads = [...sessions.values()].flatMap((reading) =>
    threadsOfTranscript(reading, models, (target, usage, at) => costOf(usage, priceOf(prices, target, at))),
  )
  return { threads, files: files.length, brokenLines }
}

/** Files of sub-agents: `agent-<id>.jsonl`, beside the session or in a folder of its name. */
const AGENT_FILE = /^agent-(.+)\.jsonl$/

/** A session is named by its file; a sub-agent's file by the session its lines or its folder name. */
function sessionOf(
  sessions: Map<string, TranscriptReading>,
  file: string,
  { sessionId }: TranscriptLine,
): TranscriptReading {
  const own = basename(file, '.jsonl')
  const folders = file.split(sep)
  const inFolder = folders.at(-2) === 'subagents' ? folders.at(-3) : undefined
  const id = AGENT_FILE.test(basename(file)) ? (sessionId ?? inFolder ?? own) : own
  const known = sessions.get(id) ?? openTranscript(id)
  sessions.set(id, known)
  return known
}

/** A file of a sub-agent is a thread of its own, whatever its lines say. */
function withAgent(line: TranscriptLine, file: string): TranscriptLine {
  const agent = AGENT_FILE.exec(basename(file))?.[1]
  return agent === undefined ? line : { ...line, agent, subagent: true }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
