/** The models a key may use, by the names its team's catalogue has for them: one that is mistyped would allow nothing. */
import { buildCatalog } from '../../../core/routing/catalog.ts'
import { overriddenPolicy } from '../../../core/routing/policy-override.ts'
import type { Composition } from '../../../compose.ts'
import { Problem } from '../../problem.ts'
import { withPolicyProblems } from '../policy/policy-problems.ts'

interface Asked {
  /** null or undefined: the key may use all, or nothing is changed of it. */
  readonly allowedModels: readonly string[] | null | undefined
  readonly policyOverride: Readonly<Record<string, unknown>> | null
}

/** @throws Problem 400 naming those that neither the team's present policy nor the key's own part of it knows */
export async function checkModels(
  { allowedModels, policyOverride }: Asked,
  { composition, teamId }: { readonly composition: Composition; readonly teamId: string },
): Promise<void> {
  if (allowedModels === null || allowedModels === undefined) return
  const stored = await composition.ledger(teamId).policy()
  const json: unknown = stored === null ? null : JSON.parse(stored.json)
  const policy = withPolicyProblems(() => overriddenPolicy(json, policyOverride ?? {}), 'policyOverride')
  const { models } = buildCatalog(policy.catalog)
  const errors = allowedModels.flatMap((name, index) =>
    models.has(name) ? [] : [{ path: `allowedModels.${index}`, message: `"${name}" is no model of the catalogue` }],
  )
  if (errors.length === 0) return
  const detail = 'A key may be allowed models that its team has: "models list" names them, and a policy may add more.'
  throw new Problem(400, 'Invalid input', detail, errors)
}
