/** What is wrong with a policy, field by field, as a problem. */
import { InvalidPolicy } from '../../../core/routing/policy.ts'
import { Problem } from '../../problem.ts'

export interface PolicyProblem {
  /** As in `growth.tier2At`. */
  readonly path: string
  readonly message: string
}

/** @throws Problem 400 in the place of InvalidPolicy */
export function withPolicyProblems<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error
    throw new Problem(
      400,
      'Invalid policy',
      'The policy is not as it should be; nothing was changed.',
      policyProblems(error),
    )
  }
}

export function policyProblems({ problems }: InvalidPolicy): PolicyProblem[] {
  return problems.map((problem) => {
    const colon = problem.indexOf(': ')
    return { path: problem.slice(0, colon), message: problem.slice(colon + 2) }
  })
}
