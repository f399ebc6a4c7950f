/** Times a piece of work in processor time of this thread: other work on the machine disturbs it less than a clock. */
const ROUNDS = 9
const TARGET_MICROSECONDS = 60_000

export interface CpuTime {
  /** Microseconds a call: the median of the rounds, the least, the most. */
  readonly median: number
  readonly least: number
  readonly most: number
}

/** The number of calls in a round is found by trying, so that a round is long enough for the clock. */
export function cpuTime(work: () => unknown): CpuTime {
  let calls = 1
  while (calls < 200_000 && spent(work, calls) < TARGET_MICROSECONDS / 4) calls *= 2
  calls *= 2
  const rounds = Array.from({ length: ROUNDS }, () => spent(work, calls) / calls).toSorted((one, other) => one - other)
  return { median: rounds[ROUNDS >> 1] ?? NaN, least: rounds[0] ?? NaN, most: rounds.at(-1) ?? NaN }
}

function spent(work: () => unknown, calls: number): number {
  const before = process.threadCpuUsage()
  for (let index = 0; index < calls; index++) work()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}
