/**
 * What this isolate remembers of teams' policies and starting values, and of what keys change in them, so that admission
 * stays one hop: the ledger sends each only where the copy here is old. A team that has none gets what is shipped.
 */
import { buildPriceBook, type PriceBook } from '../core/pricing/price-book.ts'
import { Recent } from '../core/recent.ts'
import { buildCatalog, type Catalog } from '../core/routing/catalog.ts'
import type { StoredOverride } from '../core/ledger/admission.ts'
import { DEFAULT_POLICY_JSON, InvalidPolicy, resolvePolicy, type Policy } from '../core/routing/policy.ts'
import { overriddenPolicy } from '../core/routing/policy-override.ts'
import { readStartingValues, SHIPPED_STARTING_VALUES, type StartingValues } from '../core/session/starting-values.ts'

/** The policy of a caller's calls: the team's, with the key's own part laid over it. */
export interface TeamPolicy {
  readonly policy: Policy
  readonly catalog: Catalog
  readonly prices: PriceBook
  /** What the team's log has taught for sessions without a history. */
  readonly starting: StartingValues
  /** For the record of every call made by it. */
  readonly warnings: readonly string[]
}

/** A document as a ledger keeps it. */
interface Stored {
  readonly version: number
  readonly json: string
}

/** Enough for the teams, and the keys with a policy of their own, that one isolate meets; the oldest goes when it is full. */
const MOST_TEAMS = 500
const MOST_KEYS = 2_000
const MOST_OVERRIDES_OF_A_TEAM = 50

interface KnownTeam {
  readonly team: TeamPolicy
  /** The policy as it is stored, to lay overrides over. */
  readonly json: unknown
  /** null: the team had none when it was asked last, or it was not asked. */
  readonly versions: { readonly policy: number | null; readonly starting: number | null }
  /** The policy with an override laid over it, by the override's JSON: many keys may have the same. */
  readonly overridden: Recent<TeamPolicy>
}

interface Asking {
  readonly teamId: string
  readonly keyHash: string
}

export class TeamPolicies {
  readonly #known = new Recent<KnownTeam>(MOST_TEAMS)
  readonly #overrides = new Recent<StoredOverride>(MOST_KEYS)
  readonly #shipped: KnownTeam = {
    team: { ...teamPolicy(resolvePolicy(DEFAULT_POLICY_JSON)), starting: SHIPPED_STARTING_VALUES, warnings: [] },
    json: DEFAULT_POLICY_JSON,
    versions: { policy: null, starting: null },
    overridden: new Recent(MOST_OVERRIDES_OF_A_TEAM),
  }

  /** Null: nothing is known of it, so the ledger must send what it has. */
  versions({ teamId, keyHash }: Asking): KnownTeam['versions'] & { readonly override: number | null } {
    return { ...this.#of(teamId).versions, override: this.#overrides.get(keyHash)?.version ?? null }
  }

  get({ teamId, keyHash }: Asking): TeamPolicy {
    const known = this.#of(teamId)
    const override = this.#overrides.get(keyHash)?.json ?? null
    if (override === null) return known.team
    return known.overridden.get(override) ?? known.overridden.keep(override, overridden(known, override))
  }

  /**
   * Takes what an admission brought.
   * @param brought null or absent: the copy here is still the newest, or there is none
   */
  learn(
    asking: Asking,
    brought: {
      readonly policy: Stored | null
      readonly starting?: Stored | null
      readonly override?: StoredOverride | null
    },
  ): TeamPolicy {
    const { policy, starting = null, override = null } = brought
    if (policy !== null || starting !== null) this.#learnTeam(asking.teamId, { policy, starting })
    if (override !== null) this.#overrides.keep(asking.keyHash, override)
    return this.get(asking)
  }

  #learnTeam(teamId: string, { policy, starting }: { policy: Stored | null; starting: Stored | null }): void {
    const { team, versions, json: known } = this.#of(teamId)
    const json: unknown = policy === null ? known : JSON.parse(policy.json)
    const learned: TeamPolicy = {
      ...team,
      ...(policy === null ? {} : teamPolicy(resolvePolicy(json, policy.version))),
      ...(starting === null ? {} : { starting: readStartingValues(starting.json) }),
    }
    const now = {
      team: learned,
      json,
      versions: { policy: policy?.version ?? versions.policy, starting: starting?.version ?? versions.starting },
      overridden: new Recent<TeamPolicy>(MOST_OVERRIDES_OF_A_TEAM),
    }
    this.#known.keep(teamId, now)
  }

  #of(teamId: string): KnownTeam {
    return this.#known.get(teamId) ?? this.#shipped
  }
}

/** An override that was checked over an earlier policy may fit the present one no more: then the team's alone counts. */
function overridden({ team, json }: KnownTeam, override: string): TeamPolicy {
  try {
    return { ...team, ...teamPolicy(overriddenPolicy(json, JSON.parse(override), team.policy.version)) }
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error
    return { ...team, warnings: [...team.warnings, 'policy_override_ignored'] }
  }
}

function teamPolicy(policy: Policy): Pick<TeamPolicy, 'policy' | 'catalog' | 'prices'> {
  return { policy, catalog: buildCatalog(policy.catalog), prices: buildPriceBook(policy.prices) }
}
