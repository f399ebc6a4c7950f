/**
 * What this isolate remembers of teams' policies and starting values, so that admission stays one hop: the ledger sends
 * either only where the copy here is old. A team that has none gets what is shipped.
 */
import { buildPriceBook, type PriceBook } from '../core/pricing/price-book.ts'
import { buildCatalog, type Catalog } from '../core/routing/catalog.ts'
import { DEFAULT_POLICY_JSON, resolvePolicy, type Policy } from '../core/routing/policy.ts'
import { readStartingValues, SHIPPED_STARTING_VALUES, type StartingValues } from '../core/session/starting-values.ts'

export interface TeamPolicy {
  readonly policy: Policy
  readonly catalog: Catalog
  readonly prices: PriceBook
  /** What the team's log has taught for sessions without a history. */
  readonly starting: StartingValues
}

/** A document as a ledger keeps it. */
interface Stored {
  readonly version: number
  readonly json: string
}

/** Enough for the teams one isolate meets; the oldest goes when it is full. */
const MOST_TEAMS = 500

interface KnownTeam {
  readonly team: TeamPolicy
  /** null: the team had none when it was asked last, or it was not asked. */
  readonly versions: { readonly policy: number | null; readonly starting: number | null }
}

export class TeamPolicies {
  readonly #known = new Map<string, KnownTeam>()
  readonly #shipped: KnownTeam = {
    team: { ...teamPolicy(DEFAULT_POLICY_JSON, 0), starting: SHIPPED_STARTING_VALUES },
    versions: { policy: null, starting: null },
  }

  /** Null: nothing is known of it, so the ledger must send what it has. */
  versions(teamId: string): KnownTeam['versions'] {
    return this.#of(teamId).versions
  }

  get(teamId: string): TeamPolicy {
    return this.#of(teamId).team
  }

  /**
   * Takes what an admission brought.
   * @param brought null or absent: the copy here is still the newest, or the team has none
   */
  learn(teamId: string, brought: { readonly policy: Stored | null; readonly starting?: Stored | null }): TeamPolicy {
    const { policy, starting = null } = brought
    const { team, versions } = this.#of(teamId)
    if (policy === null && starting === null) return team
    const learned: TeamPolicy = {
      ...team,
      ...(policy === null ? {} : teamPolicy(JSON.parse(policy.json), policy.version)),
      ...(starting === null ? {} : { starting: readStartingValues(starting.json) }),
    }
    this.#remember(teamId, {
      team: learned,
      versions: { policy: policy?.version ?? versions.policy, starting: starting?.version ?? versions.starting },
    })
    return learned
  }

  #of(teamId: string): KnownTeam {
    return this.#known.get(teamId) ?? this.#shipped
  }

  #remember(teamId: string, known: KnownTeam): void {
    const full = this.#known.size >= MOST_TEAMS && !this.#known.has(teamId)
    const oldest = full ? this.#known.keys().next().value : undefined
    if (oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(teamId, known)
  }
}

function teamPolicy(json: unknown, version: number): Omit<TeamPolicy, 'starting'> {
  const policy = resolvePolicy(json, version)
  return { policy, catalog: buildCatalog(policy.catalog), prices: buildPriceBook(policy.prices) }
}
