/** What is wrong with a policy, field by field, as a problem. */
import { InvalidPolicy } from '../../../core/routing/policy.ts'
import { Problem } from '../../problem.ts'

export interface PolicyProblem {
  /** As in `growth.tier2At`. */
  readonly path: string
  readonly message: string
}

/**
 * @param field what holds the policy; absent: it is the body itself
 * @throws Problem 400 in the place of InvalidPolicy
 */
export function withPolicyProblems<T>(check: () => T, field?: string): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error
    throw invalidPolicy(policyProblems(error).map(({ path, message }) => ({ path: inField(path, field), message })))
  }
}

export function invalidPolicy(problems: readonly PolicyProblem[]): Problem {
  return new Problem(400, 'Invalid policy', 'The policy is not as it should be; nothing was changed.', problems)
}

function inField(path: string, field: string | undefined): string {
  if (field === undefined) return path
  return path === 'policy' ? field : `${field}.${path}`
}

export function policyProblems({ problems }: InvalidPolicy): PolicyProblem[] {
  return problems.map((problem) => {
    const colon = problem.indexOf(': ')
    return { path: problem.slice(0, colon), message: problem.slice(colon + 2) }
  })
}
