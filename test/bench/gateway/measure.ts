/** One measurement: the provider told what to answer, the load sent, the subject's processor time and memory read. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerPlan, ProviderCounts } from './answer-plan.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import { messageOf } from './pinned-process.ts'
import { loadAverage, memoryOf, processorTime, resetPeak, treeOf, type Memory } from './process-tree.ts'
import type { Subject, SubjectName } from './subjects.ts'

export interface Bench {
  readonly provider: ChildProcess
  readonly load: ChildProcess
}

/** What is sent, to whichever subject. */
export interface Work extends Omit<LoadJob, 'port' | 'path' | 'headers'> {
  /** Another than that of Messages. */
  readonly path?: string
  readonly plan: AnswerPlan
  /** How long work after the answers (settling, the decision log) may go on and is still counted. */
  readonly drainMs: number
}

export interface Measurement extends LoadResult {
  readonly subject: SubjectName
  readonly round: number
  /** Microseconds of user and system time of the subject's processes, by answered request; NaN for the provider. */
  readonly cpuPerRequest: number
  readonly memory: { readonly before: number } & Memory
  /** Mean bytes of a request's body as the provider got it. */
  readonly bytesArrived: number
  readonly loadAverage: number
}

async function tellPlan(provider: ChildProcess, plan: AnswerPlan): Promise<ProviderCounts> {
  const answer = messageOf<ProviderCounts>(provider)
  provider.send(plan)
  return answer
}

export async function measure(
  { provider, load }: Bench,
  subject: Subject,
  { plan, drainMs, ...work }: Work,
  round: number,
): Promise<Measurement> {
  await tellPlan(provider, plan)
  const tree = subject.process?.pid === undefined ? [] : treeOf(subject.process.pid)
  resetPeak(tree)
  const before = memoryOf(tree).now
  const cpuBefore = processorTime(tree)
  const result = messageOf<LoadResult>(load)
  const job: LoadJob = { path: '/v1/messages', ...work, port: subject.port, headers: subject.headers }
  load.send(job)
  const loaded = await result
  await sleep(drainMs)
  const cpu = processorTime(tree) - cpuBefore
  const arrived = await tellPlan(provider, plan)
  return {
    ...loaded,
    subject: subject.name,
    round,
    cpuPerRequest: tree.length === 0 ? NaN : cpu / Math.max(1, loaded.answered),
    memory: { before, ...memoryOf(tree) },
    bytesArrived: arrived.bytes / Math.max(1, arrived.requests),
    loadAverage: loadAverage(),
  }
}
