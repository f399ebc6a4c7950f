/**
 * A key's own policy: a part of a policy, laid over its team's. Objects are merged member by member; lists and values
 * are replaced. The result is checked as any policy is.
 */
import { isObject } from '../chat/json-value.ts'
import type { Policy } from './policy.ts'
import { DEFAULT_POLICY_JSON, resolvePolicy } from './policy.ts'

/**
 * The policy of a key's calls. Pass both as parsed JSON.
 *
 * @param team null: the team has written none, and the shipped default is meant
 * @throws InvalidPolicy where the two together are no policy
 */
export function overriddenPolicy(team: unknown, override: unknown, version = 0): Policy {
  return resolvePolicy(overlaid(team ?? DEFAULT_POLICY_JSON, override), version)
}

/**
 * Whether an override can be used over the team's present policy.
 *
 * @throws InvalidPolicy naming what is wrong
 */
export function checkPolicyOverride(team: unknown, override: unknown): void {
  overriddenPolicy(team, override)
}

function overlaid(under: unknown, over: unknown): unknown {
  if (!isObject(under) || !isObject(over)) return over
  const names = new Set([...Object.keys(under), ...Object.keys(over)])
  // `fromEntries` defines members, so a name like `__proto__` stays a name.
  return Object.fromEntries(
    [...names].map((name) => [name, Object.hasOwn(over, name) ? overlaid(under[name], over[name]) : under[name]]),
  )
}
