/** The policies a replay compares: by name, or read from a file. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { buildPriceBook } from '../../core/pricing/price-book.ts'
import { UnreadableLog } from '../../core/replay/recorded-thread.ts'
import type { NamedPolicy } from '../../core/replay/replay-thread.ts'
import { buildCatalog } from '../../core/routing/catalog.ts'
import type { Availability } from '../../core/routing/eligible.ts'
import { InvalidPolicy, resolvePolicy, type PolicyJson } from '../../core/routing/policy.ts'

const NAMED: Readonly<Record<string, Omit<PolicyJson, 'schema'>>> = {
  default: {},
  literal: { rules: 'literal' },
  'no-growth': { growth: { measure: 'none' } },
}

/** Marked caches live for five minutes unless they are asked to live longer. */
const CACHE_LIFETIME_MS = 5 * 60_000

export interface PolicyTerms {
  /** Of policies that state none. */
  readonly catalog: 'current' | 'reference'
  readonly providers: Availability['providers']
  /** ms */
  readonly pricedAt: number
}

/**
 * The policies by the names they were asked for.
 *
 * @throws UnreadableLog for a file that is missing or holds no valid policy, and for a name given twice
 */
export function readPolicies(names: readonly string[], terms: PolicyTerms): readonly NamedPolicy[] {
  const policies = names.map((name) => namedPolicy(name, terms))
  const twice = policies.find(({ name }, index) => policies.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined) throw new UnreadableLog(`The policy "${twice.name}" is given twice.`)
  return policies
}

function namedPolicy(name: string, { catalog, providers, pricedAt }: PolicyTerms): NamedPolicy {
  const known = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined
  const json = known ?? readPolicyFile(name)
  const policy = resolved(name, { schema: 1, ...json, catalog: { preset: catalog, ...catalogOf(json) } })
  return {
    name: known === undefined ? basename(name, '.json') : name,
    input: {
      policy,
      catalog: buildCatalog(policy.catalog),
      prices: buildPriceBook(policy.prices),
      providers,
      pricedAt,
      lifetimeMs: CACHE_LIFETIME_MS,
    },
  }
}

function readPolicyFile(path: string): object {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UnreadableLog(`"${path}" is no file; the policies by name are ${Object.keys(NAMED).join(', ')}.`)
  }
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null) return json
  } catch {
    // Said below.
  }
  throw new UnreadableLog(`The policy ${path} is not a JSON object.`)
}

function catalogOf(json: object): object {
  const catalog: unknown = 'catalog' in json ? json.catalog : undefined
  return typeof catalog === 'object' && catalog !== null ? catalog : {}
}

function resolved(name: string, json: unknown): ReturnType<typeof resolvePolicy> {
  try {
    return resolvePolicy(json)
  } catch (error) {
    if (error instanceof InvalidPolicy) throw new UnreadableLog(`The policy "${name}": ${error.problems.join('; ')}.`)
    throw error
  }
}
