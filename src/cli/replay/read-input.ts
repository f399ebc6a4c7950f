/** Finds out what a log is, and reads it into threads to replay. */
import { statSync } from 'node:fs'
import type { DialectName } from '../../core/dialects/dialect.ts'
import { threadsOfDecisions, type DecisionLogRow } from '../../core/replay/read-decision-rows.ts'
import { UnreadableLog, type RecordedThread } from '../../core/replay/recorded-thread.ts'
import { buildCatalog, type CatalogModel } from '../../core/routing/catalog.ts'
import { resolvePolicy } from '../../core/routing/policy.ts'
import type { ReplayFlags } from './flags.ts'
import { readDecisionExport, readLocalDecisions, readRemoteDecisions, type OnRead } from './read-decision-log.ts'
import { jsonOf, readLines, sizeOf } from './read-lines.ts'
import { drawnThreads, readSessionLog } from './read-sessions.ts'
import { readTranscripts, transcriptFiles } from './read-transcripts.ts'

export interface ReplayableLog {
  readonly kind: 'decisions' | 'sessions' | 'transcripts'
  readonly threads: readonly RecordedThread[]
  /** Providers that the log names; empty where it names none. */
  readonly providers: readonly string[]
  /** What a reader must know of how the log was read. */
  readonly notes: readonly string[]
}

/**
 * Reads the log that the flags name.
 *
 * @throws UnreadableLog with one sentence where it is missing, empty or something else
 */
export async function readLog(flags: ReplayFlags, onRead: OnRead): Promise<ReplayableLog> {
  const log = await anyLog(flags, onRead)
  const empty = log.threads.every(({ trace }) => trace.calls.length === 0)
  if (!empty) return log
  throw new UnreadableLog(
    log.notes.length === 0
      ? `${sourceOf(flags)} holds no call.`
      : `${sourceOf(flags)} holds no call to replay: ${log.notes.join('; ')}.`,
  )
}

function sourceOf({ path, persist, url }: ReplayFlags): string {
  return path ?? persist ?? url ?? 'the log'
}

async function anyLog(flags: ReplayFlags, onRead: OnRead): Promise<ReplayableLog> {
  const { persist, url, token, since } = flags
  if (persist !== null) return ofDecisions(readLocalDecisions(persist, onRead), flags)
  if (url !== null) {
    return ofDecisions(await readRemoteDecisions({ url, token: token ?? '', since }, () => {}), flags)
  }
  const path = flags.path ?? ''
  const size = sizeOf(path)
  if (statSync(path).isDirectory()) return ofTranscripts(transcriptFiles(path, true), flags, onRead)
  const kind = await kindOf(path)
  if (kind === 'transcripts') return ofTranscripts([path], flags, onRead)
  if (kind === 'sessions') return ofSessions(path, flags, (done) => onRead(done, size))
  return ofDecisions(await readDecisionExport(path, size, onRead), flags)
}

/** By the first line: the header of a session log, a line of a transcript, or a decision. */
async function kindOf(path: string): Promise<ReplayableLog['kind']> {
  for await (const line of readLines(path)) {
    const value = jsonOf(line, path)
    if (typeof value !== 'object' || value === null) break
    if ('call_fields' in value) return 'sessions'
    return 'type' in value && !('target' in value) ? 'transcripts' : 'decisions'
  }
  throw new UnreadableLog(`${path} is empty.`)
}

function ofDecisions(rows: readonly DecisionLogRow[], { since, until }: ReplayFlags): ReplayableLog {
  const wanted = rows.filter(({ at }) => (since === null || at >= since) && (until === null || at < until))
  const { threads, withoutUsage } = threadsOfDecisions(wanted, knownModels())
  const providers = new Set(wanted.map(({ target }) => target.slice(0, Math.max(0, target.indexOf('/')))))
  providers.delete('')
  return {
    kind: 'decisions',
    threads,
    providers: [...providers],
    notes: [
      ...(withoutUsage === 0 ? [] : [`${withoutUsage} decisions without usage are left out`]),
      ...(rows.length === wanted.length
        ? []
        : [`${rows.length - wanted.length} decisions lie outside of the days asked for`]),
    ],
  }
}

async function ofSessions(path: string, flags: ReplayFlags, onDone: (done: number) => void): Promise<ReplayableLog> {
  const { mix, seeds, leastCalls } = flags
  const sessions = await readSessionLog(path, sizeOf(path), onDone)
  const threads = drawnThreads(sessions, { shares: mix, seeds, leastCalls })
  const percent = [mix.easy, mix.medium, 1 - mix.easy - mix.medium].map((share) => Math.round(share * 100))
  const left = sessions.length - threads.length
  return {
    kind: 'sessions',
    threads,
    providers: [],
    notes: [
      `what each turn needed is drawn, ${percent.join(' / ')} easy / medium / hard, ${seeds.length === 1 ? 'one draw' : `mean of ${seeds.length} draws`}`,
      ...(left === 0 ? [] : [`${left} sessions of fewer than ${leastCalls} calls are left out`]),
      'main loops only',
    ],
  }
}

async function ofTranscripts(files: readonly string[], flags: ReplayFlags, onRead: OnRead): Promise<ReplayableLog> {
  if (files.length === 0) throw new UnreadableLog(`The folder ${flags.path} holds no .jsonl file.`)
  const read = await readTranscripts(files, knownModels(), onRead)
  const { since, until } = flags
  const threads = read.threads.filter(({ recorded }) => {
    const at = recorded[0]?.at ?? 0
    return (since === null || at >= since) && (until === null || at < until)
  })
  const unknown = new Set(
    threads.flatMap(({ recorded }) => recorded.filter(({ costNano }) => costNano === null).map(({ target }) => target)),
  )
  return {
    kind: 'transcripts',
    threads,
    providers: ['anthropic'],
    notes: [
      `${read.files} transcripts; the tasks are named from what was typed`,
      ...(unknown.size === 0 ? [] : [`no price is known of ${[...unknown].join(', ')}: what was recorded has no sum`]),
      ...(read.brokenLines === 0 ? [] : [`${read.brokenLines} lines are no JSON`]),
    ],
  }
}

/** Every shipped model, by its exact id and its aliases. */
function knownModels(): ReadonlyMap<string, CatalogModel> {
  return buildCatalog(resolvePolicy({ schema: 1 }).catalog).models
}

/** The APIs of the providers that Headgate knows by name; any other one is taken to speak Chat Completions. */
const DIALECTS: Readonly<Record<string, readonly DialectName[]>> = {
  anthropic: ['anthropic-messages'],
  openai: ['openai-chat-completions', 'openai-responses'],
}

/** The providers that could be reached: as asked for, else as the log names them, else Anthropic. */
export function reachableProviders(
  asked: readonly string[] | null,
  named: readonly string[],
): ReadonlyMap<string, readonly DialectName[]> {
  const names = asked ?? (named.length === 0 ? ['anthropic'] : named)
  return new Map(names.map((name) => [name, DIALECTS[name] ?? ['openai-chat-completions']]))
}
