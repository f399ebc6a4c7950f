/**
 * Fits the chance that a turn ends with a call to recorded sessions: a logistic regression over `turnFeatures`, by
 * Newton's method, with a weak prior that the weights are 0.
 */
import { turnNumbers, type TraceSession } from '../../../src/core/replay/trace.ts'
import { turnFeatures } from '../../../src/core/session/horizon.ts'

interface Observation {
  readonly features: readonly number[]
  readonly ends: boolean
}

const STEPS = 25

/** The weights for these sessions, rounded to two decimals: more would claim what the data do not tell. */
export function fitWeights(sessions: readonly TraceSession[]): readonly number[] {
  const observations = sessions.flatMap(observationsOf)
  let weights: readonly number[] = turnFeatures(1, []).map(() => 0)
  for (let step = 0; step < STEPS; step += 1) weights = newtonStep(weights, observations)
  return weights.map((weight) => Math.round(weight * 100) / 100)
}

/** Every call of a session: what was known when it began, and whether its turn ended with it. */
function observationsOf(session: TraceSession): readonly Observation[] {
  const turns = turnNumbers(session)
  const recent: number[] = []
  let iteration = 0
  return turns.map((turn, index) => {
    iteration += 1
    const ends = turns[index + 1] !== turn
    const observation = { features: turnFeatures(iteration, recent), ends }
    if (ends) {
      recent.push(iteration)
      iteration = 0
    }
    return observation
  })
}

function newtonStep(weights: readonly number[], observations: readonly Observation[]): readonly number[] {
  const size = weights.length
  const gradient = weights.map((weight) => -weight)
  const curvature: number[][] = weights.map((_weight, row) => weights.map((_other, column) => (row === column ? 1 : 0)))
  for (const { features, ends } of observations) {
    const odds = features.reduce((sum, feature, index) => sum + feature * (weights[index] ?? 0), 0)
    const chance = 1 / (1 + Math.exp(-odds))
    for (let row = 0; row < size; row += 1) {
      const feature = features[row] ?? 0
      gradient[row] = (gradient[row] ?? 0) + (Number(ends) - chance) * feature
      const line = curvature[row] ?? []
      for (let column = 0; column < size; column += 1)
        line[column] = (line[column] ?? 0) + chance * (1 - chance) * feature * (features[column] ?? 0)
    }
  }
  const change = solve(curvature, gradient)
  return weights.map((weight, index) => weight + (change[index] ?? 0))
}

/** Gauss-Jordan; the matrix is positive definite, so that no pivot is 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0])
  for (const [pivot, pivotRow] of rows.entries()) {
    const by = pivotRow[pivot] ?? 1
    for (let column = pivot; column < pivotRow.length; column += 1) pivotRow[column] = (pivotRow[column] ?? 0) / by
    for (const [index, row] of rows.entries()) {
      const factor = row[pivot] ?? 0
      if (index === pivot || factor === 0) continue
      for (let column = pivot; column < row.length; column += 1)
        row[column] = (row[column] ?? 0) - factor * (pivotRow[column] ?? 0)
    }
  }
  return rows.map((row) => row.at(-1) ?? 0)
}
