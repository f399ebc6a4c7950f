/**
 * What this isolate remembers of teams' policies, so that admission stays one hop: the ledger sends a policy only where
 * the copy here is old. A team that has none gets the shipped default.
 */
import { buildPriceBook, type PriceBook } from '../core/pricing/price-book.ts'
import { buildCatalog, type Catalog } from '../core/routing/catalog.ts'
import { DEFAULT_POLICY_JSON, resolvePolicy, type Policy } from '../core/routing/policy.ts'

export interface TeamPolicy {
  readonly policy: Policy
  readonly catalog: Catalog
  readonly prices: PriceBook
}

/** Enough for the teams one isolate meets; the oldest goes when it is full. */
const MOST_TEAMS = 500

export class TeamPolicies {
  readonly #known = new Map<string, TeamPolicy>()
  readonly #shipped = teamPolicy(DEFAULT_POLICY_JSON, 0)

  /** Null: nothing is known of the team, so the ledger must send what it has. */
  version(teamId: string): number | null {
    return this.#known.get(teamId)?.policy.version ?? null
  }

  get(teamId: string): TeamPolicy {
    return this.#known.get(teamId) ?? this.#shipped
  }

  /**
   * Takes what an admission brought.
   * @param stored null: the copy here is still the newest, or the team has none
   */
  learn(teamId: string, stored: { readonly version: number; readonly json: string } | null): TeamPolicy {
    if (stored === null) return this.get(teamId)
    const learned = teamPolicy(JSON.parse(stored.json), stored.version)
    const oldest = this.#known.size >= MOST_TEAMS ? this.#known.keys().next().value : undefined
    if (oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(teamId, learned)
    return learned
  }
}

function teamPolicy(json: unknown, version: number): TeamPolicy {
  const policy = resolvePolicy(json, version)
  return { policy, catalog: buildCatalog(policy.catalog), prices: buildPriceBook(policy.prices) }
}
