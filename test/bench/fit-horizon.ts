/**
 * Prints the starting values of `src/core/session/horizon.ts` and `starting-values.ts`, and the policy's expected output,
 * tuned on half of the real sessions.
 *
 *     npm run bench:horizon -- ../shared/data/agent_sessions.jsonl.gz
 *
 * Half 0, by the hash of a session's id, is the tuning half; the bench of the bill reports on the other.
 */
import { existsSync } from 'node:fs'
import { workOfTier } from '../../src/core/replay/call-work.ts'
import { demandOfCalls } from '../../src/core/replay/fixed-strategies.ts'
import { halfOf } from '../../src/core/replay/seeded-random.ts'
import { turnNumbers } from '../../src/core/replay/trace.ts'
import { readSessions } from './bill/read-sessions.ts'
import { drawDemands, referenceInput } from './bill/reference.ts'
import { SHARES, tuneHorizon, type DrawnSession } from './horizon/tune.ts'

const LEAST_CALLS = 3
const SEEDS = [1, 2, 3, 4, 5]

const path = process.argv[2]
if (path === undefined || !existsSync(path)) {
  console.error(
    path === undefined
      ? 'usage: node test/bench/fit-horizon.ts <agent_sessions.jsonl.gz>'
      : `no session log at ${path}`,
  )
  process.exit(2)
}
const sessions = readSessions(path, LEAST_CALLS)
const demands = drawDemands(sessions, SEEDS)
const drawn = sessions.flatMap((session, index): readonly DrawnSession[] => {
  if (halfOf(session.id) !== 0) return []
  const work = demands.map((ofSeed) =>
    demandOfCalls(session, ofSeed[index] ?? { turns: [], calls: [] }).map((tier) => workOfTier(tier)),
  )
  return [{ session, work }]
})
const { model, bills } = tuneHorizon(drawn, referenceInput('none'))
const calls = drawn.reduce((sum, { session }) => sum + session.calls.length, 0)
console.log(`${drawn.length} sessions, ${calls} calls, seeds ${SEEDS.join(' ')}`)
console.log(`weights: [${model.weights.join(', ')}]`)
for (const [index, share] of SHARES.entries()) {
  const usd = (bills[index] ?? 0) / SEEDS.length / 1e9
  console.log(`share ${share.toFixed(1)}: ${usd.toFixed(2)} USD${share === model.share ? '  <- least' : ''}`)
}
const turns = drawn.reduce((sum, { session }) => sum + (turnNumbers(session).at(-1) ?? -1) + 1, 0)
const grown = drawn.flatMap(({ session }) =>
  session.calls.flatMap((call, index) => {
    const before = session.calls[index - 1]
    const added = before === undefined || call.startsTurn ? -1 : call.promptTokens - before.promptTokens
    return added < 0 ? [] : [added]
  }),
)
const answers = drawn.flatMap(({ session }) => session.calls.map(({ outputTokens }) => outputTokens))
console.log(`turns per call: ${(turns / calls).toFixed(3)}`)
console.log(`tokens a call adds: mean ${mean(grown)}, median ${median(grown)}`)
console.log(`tokens a call answers: mean ${mean(answers)}, median ${median(answers)}`)

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length / 10) * 10
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
