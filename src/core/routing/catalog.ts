/**
 * The models a team may be sent to, in tiers. A catalogue is data; it knows no price and decides nothing about a call.
 */
import type { Tier } from '../tasks/task-types.ts'
import type { ModelCapabilities } from './capabilities.ts'
import { KNOWN_MODELS } from './models.ts'

export interface CatalogModel {
  /** The provider's exact id. */
  readonly id: string
  /** Name of a configured provider. */
  readonly provider: string
  readonly displayName: string
  /** Models of one family share tokenizer and thinking signatures. */
  readonly family: string
  /** Where the model stands among the tiers, also when no tier lists it: the ceiling of a client that asks for it. */
  readonly tier: Tier
  /** Other exact ids of the same model (dated ones). */
  readonly aliases: readonly string[]
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
  /** Every known model by exact id, alias or target id, tiered or not, so that a concrete name can be asked for. */
  readonly models: ReadonlyMap<string, CatalogModel>
}

/** The tiers as they were when most published cost comparisons were made. */
const REFERENCE: Readonly<Record<Tier, readonly string[]>> = {
  1: ['anthropic/claude-haiku-4-5', 'openai/gpt-4.1-nano'],
  2: ['anthropic/claude-sonnet-4-6', 'openai/gpt-4o'],
  3: ['anthropic/claude-opus-4-6'],
}

/** Target ids per tier. `current` puts the newest models in front of the reference ones; `none` holds nothing. */
export const CATALOG_PRESETS = {
  current: {
    1: ['anthropic/claude-haiku-5-5', 'openai/gpt-6-luna', ...REFERENCE[1]],
    2: ['anthropic/claude-sonnet-5-5', 'openai/gpt-6.1-terra', ...REFERENCE[2]],
    3: ['anthropic/claude-opus-5-5', 'openai/gpt-6.1-sol', ...REFERENCE[3]],
  },
  reference: REFERENCE,
  none: { 1: [], 2: [], 3: [] },
} as const satisfies Record<string, Readonly<Record<Tier, readonly string[]>>>

export type CatalogPreset = keyof typeof CATALOG_PRESETS

/** What a policy says about the models of a team. */
export interface CatalogPolicy {
  readonly preset: CatalogPreset
  /** The team's own target ids per tier, put in front of the preset's. */
  readonly tiers: Readonly<Record<Tier, readonly string[]>>
  /** Target ids that the team does not use. */
  readonly exclude: readonly string[]
  /** Models of the team's own, of any provider. */
  readonly models: readonly CatalogModel[]
}

export const TIERS: readonly Tier[] = [1, 2, 3]

/** The id of a model as a target: `provider/model`. */
export function targetId(model: CatalogModel): string {
  return `${model.provider}/${model.id}`
}

/**
 * Builds a team's catalogue: its own targets first, then the preset's, without those excluded, each once. A target id
 * that names no known model is left out: `unknownTargets` lists them for the policy's check.
 */
export function buildCatalog(policy: CatalogPolicy): Catalog {
  const models = indexModels(policy.models)
  const tier = (number: Tier): readonly Target[] =>
    tierIds(policy, number).flatMap((id) => {
      const model = models.get(id)
      return model === undefined ? [] : [{ id, tier: number, model }]
    })
  return { name: policy.preset, tiers: { 1: tier(1), 2: tier(2), 3: tier(3) }, models }
}

/** Target ids of the policy that name no known model. */
export function unknownTargets(policy: CatalogPolicy): readonly string[] {
  const known = new Set([...KNOWN_MODELS, ...policy.models].map(targetId))
  return TIERS.flatMap((tier) => policy.tiers[tier]).filter((id) => !known.has(id))
}

/**
 * The target that stands for a tier in baselines: its first one, of a configured provider where those are given, since a
 * model the team cannot reach is nothing it would have paid for. Null if there is none.
 */
export function referenceTarget(
  catalog: Catalog,
  tier: Tier,
  providers?: { has(name: string): boolean },
): Target | null {
  return catalog.tiers[tier].find(({ model }) => providers?.has(model.provider) ?? true) ?? null
}

/** The target of that id in whatever tier lists it; null if none does. */
export function findTarget(catalog: Catalog, id: string): Target | null {
  for (const tier of TIERS) {
    const found = catalog.tiers[tier].find((target) => target.id === id)
    if (found !== undefined) return found
  }
  return null
}

/** A model as a target: as its tier lists it, else in the tier where it stands by itself. */
export function asTarget(catalog: Catalog, model: CatalogModel): Target {
  const id = targetId(model)
  return findTarget(catalog, id) ?? { id, tier: model.tier, model }
}

function tierIds(policy: CatalogPolicy, tier: Tier): readonly string[] {
  const ids = [...policy.tiers[tier], ...CATALOG_PRESETS[policy.preset][tier]]
  return [...new Set(ids)].filter((id) => !policy.exclude.includes(id))
}

/** A team's own model wins over a shipped one of the same target id; a bare name belongs to the first that claims it. */
function indexModels(own: readonly CatalogModel[]): ReadonlyMap<string, CatalogModel> {
  const index = new Map<string, CatalogModel>()
  for (const model of [...own, ...KNOWN_MODELS]) {
    for (const name of [targetId(model), model.id, ...model.aliases]) if (!index.has(name)) index.set(name, model)
  }
  return index
}
