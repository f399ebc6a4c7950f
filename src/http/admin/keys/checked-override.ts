/** A key's own part of a policy, checked over its team's present policy. */
import { checkPolicyOverride } from '../../../core/routing/policy-override.ts'
import type { Composition } from '../../../compose.ts'
import { withPolicyProblems } from '../policy/policy-problems.ts'

/**
 * @returns the override as the ledger stores it
 * @throws Problem 400 naming what is wrong
 */
export async function checkedOverride(
  override: Readonly<Record<string, unknown>> | null,
  { composition, teamId }: { readonly composition: Composition; readonly teamId: string },
): Promise<string | null> {
  if (override === null) return null
  const stored = await composition.ledger(teamId).policy()
  withPolicyProblems(
    () => checkPolicyOverride(stored === null ? null : JSON.parse(stored.json), override),
    'policyOverride',
  )
  return JSON.stringify(override)
}
