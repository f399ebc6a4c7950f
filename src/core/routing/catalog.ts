/**
 * The models a team may be sent to, in tiers. A catalogue is data; it decides nothing.
 */
import type { Tier } from '../tasks/task-types.ts'
import type { ModelCapabilities } from './capabilities.ts'

export interface CatalogModel {
  /** The provider's exact id. */
  readonly id: string
  /** Name of a configured provider. */
  readonly provider: string
  readonly displayName: string
  /** Models of one family share tokenizer and thinking signatures. */
  readonly family: string
  /** Tokens this model counts per token of the reference tokenizer (1 or about 1.3). */
  readonly tokenizerRatio: number
  readonly capabilities: ModelCapabilities
}

/** A model in a tier: what a call can be sent to. */
export interface Target {
  /** `provider/model`. */
  readonly id: string
  readonly tier: Tier
  readonly model: CatalogModel
}

export interface Catalog {
  readonly name: string
  /** Per tier, in order of preference; the first is the tier's reference model for baselines. */
  readonly tiers: Readonly<Record<Tier, readonly Target[]>>
  /** Every known model by exact id or alias, tiered or not, so that a concrete name can be asked for. */
  readonly models: ReadonlyMap<string, CatalogModel>
}
