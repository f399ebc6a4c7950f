/**
 * Picks the target of a call from the weighed table: the least cost of the whole turn among the tiers in bounds, and
 * what to do when they are empty. It sets no bounds and weighs nothing but the model asked for.
 */
import type { PinnedChoice } from '../session/session-view.ts'
import type { Tier } from '../tasks/task-types.ts'
import { asTarget, TIERS, type Catalog, type CatalogModel } from './catalog.ts'
import type { Ceiling, Floor } from './floors.ts'
import type { ReasonCode } from './reasons.ts'
import { weighTarget, type WeighedTarget, type WeighInput } from './weigh-targets.ts'

/** Between what heights a call may go. */
export interface Bounds {
  readonly floor: Floor
  readonly ceiling: Ceiling
  /** The call is to use the floor's tier alone if it can. */
  readonly fixed: boolean
}

export interface Choice {
  readonly table: readonly WeighedTarget[]
  readonly chosen: WeighedTarget | null
  /** The tiers that were compared when a target was found; others were out of bounds. */
  readonly compared: readonly Tier[]
  readonly reasons: readonly ReasonCode[]
}

export interface ChoiceInput {
  readonly bounds: Bounds
  readonly table: readonly WeighedTarget[]
  readonly weighing: WeighInput
  readonly catalog: Catalog
  /** The choice of the turn that is going on; null at its first call. */
  readonly held: PinnedChoice | null
  /** The model the client named; null: none. */
  readonly requested: CatalogModel | null
}

/** The best of the first group of tiers that holds an eligible target, else the model asked for. */
export function chooseTarget(input: ChoiceInput): Choice {
  const { bounds, table, held } = input
  const lowest = lowerTier(bounds.floor.tier, bounds.ceiling.tier)
  for (const compared of tierGroups(lowest, bounds)) {
    const usable = table.filter((row) => row.refusal === null && compared.includes(row.target.tier))
    const chosen = best(usable, held)
    if (chosen === null) continue
    const reasons = [
      ...emptiness(usable, chosen, lowest),
      ...movement({ table, chosen, held, lowest, compared }),
      ...cheapness(usable, chosen),
      ...priceReason(chosen),
    ]
    return { table, chosen, compared, reasons }
  }
  return lastResort(input)
}

/** The model asked for and nothing else. */
export function keepRequested(input: ChoiceInput, model: CatalogModel, reason: ReasonCode): Choice {
  const { own, table } = withModel(input, model)
  const chosen = own.refusal === null ? own : null
  return { table, chosen, compared: [], reasons: [reason, ...(chosen === null ? [] : priceReason(chosen))] }
}

export function lowerTier(one: Tier, other: Tier): Tier {
  return one < other ? one : other
}

function lastResort(input: ChoiceInput): Choice {
  const nothing: Choice = { table: input.table, chosen: null, compared: [], reasons: [] }
  if (input.requested === null) return nothing
  const { own } = withModel(input, input.requested)
  return own.target.tier <= input.bounds.ceiling.tier
    ? keepRequested(input, input.requested, 'requested_model')
    : nothing
}

/** The table with a model that no tier may list. */
function withModel(
  { catalog, table, weighing }: ChoiceInput,
  model: CatalogModel,
): { readonly own: WeighedTarget; readonly table: readonly WeighedTarget[] } {
  const target = asTarget(catalog, model)
  const listed = table.find((row) => row.target.id === target.id)
  const own = listed ?? weighTarget(target, weighing)
  return { own, table: listed === undefined ? [...table, own] : table }
}

/**
 * The tiers to look in, in order: everything between floor and ceiling at once, then each lower tier by itself. A fixed
 * tier is looked in alone first, then the ones above it.
 */
function tierGroups(lowest: Tier, { ceiling, fixed }: Bounds): readonly (readonly Tier[])[] {
  const upTo = TIERS.filter((tier) => tier >= lowest && tier <= ceiling.tier)
  const below = TIERS.filter((tier) => tier < lowest).toReversed()
  return [...(fixed ? upTo.map((tier) => [tier]) : [upTo]), ...below.map((tier) => [tier])]
}

/** The least cost of the whole turn; of equals the one in use, then the lower tier. Unpriced ones come last. */
function best(usable: readonly WeighedTarget[], held: PinnedChoice | null): WeighedTarget | null {
  const cost = (row: WeighedTarget): number => row.turnNano ?? Number.POSITIVE_INFINITY
  return usable.reduce<WeighedTarget | null>((least, row) => {
    if (least === null || cost(row) < cost(least)) return row
    return cost(row) === cost(least) && row.target.id === held?.target ? row : least
  }, null)
}

function emptiness(usable: readonly WeighedTarget[], chosen: WeighedTarget, lowest: Tier): readonly ReasonCode[] {
  if (chosen.target.tier < lowest) return ['tier_empty_lower']
  return usable.some((row) => row.target.tier === lowest) ? [] : ['tier_empty']
}

interface Movement {
  readonly table: readonly WeighedTarget[]
  readonly chosen: WeighedTarget
  readonly held: PinnedChoice | null
  readonly lowest: Tier
  readonly compared: readonly Tier[]
}

/** Whether the turn's choice was kept, and if not, why it moved. */
function movement({ table, chosen, held, lowest, compared }: Movement): readonly ReasonCode[] {
  if (held === null) return ['turn_started']
  if (held.target === chosen.target.id) return ['turn_kept']
  const row = table.find((candidate) => candidate.target.id === held.target)
  if (row === undefined || row.refusal !== null) return ['pinned_not_eligible']
  if (compared.includes(row.target.tier)) return ['moving_pays']
  return row.target.tier < lowest ? ['floor_raised'] : ['pinned_not_eligible']
}

/** `warm_cache`: without what it has cached, another target would have won. */
function cheapness(usable: readonly WeighedTarget[], chosen: WeighedTarget): readonly ReasonCode[] {
  const cold = chosen.coldTurnNano
  if (cold === null) return []
  const beaten = usable.some((row) => row !== chosen && row.turnNano !== null && row.turnNano < cold)
  return beaten ? ['warm_cache'] : ['cheapest']
}

function priceReason(chosen: WeighedTarget): readonly ReasonCode[] {
  return chosen.turnNano === null ? ['unpriced'] : []
}
