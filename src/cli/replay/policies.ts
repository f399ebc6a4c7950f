/** The policies a replay compares: by name, read from a file, or as JSON on the command line. */
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
 * @param asked of each policy its name, a file's path or JSON
 * @throws UnreadableLog for what is none of these, holds no valid policy, or is given twice
 */
export function readPolicies(asked: readonly string[], terms: PolicyTerms): readonly NamedPolicy[] {
  const twice = asked.find((one, index) => asked.indexOf(one) !== index)
  if (twice !== undefined) throw new UnreadableLog(`The policy ${shortened(twice)} is given twice.`)
  const policies = asked.map((one) => namedPolicy(one, terms))
  // Files of one name in two folders, or JSON that begins alike, are told apart by a number.
  return policies.map((policy, index) => {
    const before = policies.slice(0, index).filter(({ name }) => name === policy.name).length
    return before === 0 ? policy : { ...policy, name: `${policy.name} (${before + 1})` }
  })
}

function namedPolicy(asked: string, { catalog, providers, pricedAt }: PolicyTerms): NamedPolicy {
  const { name, json } = policyJson(asked)
  const policy = resolved(name, { schema: 1, ...json, catalog: { preset: catalog, ...catalogOf(json) } })
  return {
    name,
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

/** The name to show it by, which of JSON is its beginning. */
function policyJson(asked: string): { readonly name: string; readonly json: object } {
  const known = Object.hasOwn(NAMED, asked) ? NAMED[asked] : undefined
  if (known !== undefined) return { name: asked, json: known }
  if (asked.trimStart().startsWith('{')) return { name: shortened(asked.trim()), json: parsedPolicy(asked, asked) }
  return { name: basename(asked, '.json'), json: parsedPolicy(readPolicyFile(asked), asked) }
}

const LONGEST_NAME = 40

function shortened(text: string): string {
  return text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME - 3)}...`
}

function readPolicyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new UnreadableLog(`The policy ${path} cannot be read.`)
    throw new UnreadableLog(
      `--policy takes ${Object.keys(NAMED).join(', ')}, a file, or JSON such as '{"rules": "literal"}'; ` +
        `there is no file "${path}".`,
    )
  }
}

function parsedPolicy(text: string, from: string): object {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  } catch {
    // Said below.
  }
  throw new UnreadableLog(`The policy ${shortened(from)} is not a JSON object.`)
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
