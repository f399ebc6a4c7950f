/**
 * What a client may ask for, before any dialect writes it down: the names that mean routing, then the models
 * themselves. It resolves and chooses nothing (see `requested-model.ts`).
 */
import type { CatalogModel } from '../routing/catalog.ts'
import { ROUTED_NAMES } from '../routing/requested-model.ts'
import type { Tier } from '../tasks/task-types.ts'

export interface ListedModel {
  readonly id: string
  readonly displayName: string
  readonly description: string
  readonly ownedBy: string
  readonly windowTokens: number
  readonly maxOutputTokens: number
  /** Ms since epoch; null: it is not known. */
  readonly createdAt: number | null
  /** Other names for the same model; they find it but are not listed. */
  readonly aliases: readonly string[]
}

const OWNER = 'headgate'

/** When the routed names came to be. */
const NAMES_SINCE = Date.UTC(2026, 10, 23)

const DESCRIPTIONS: Readonly<Record<'auto' | Tier, readonly [displayName: string, description: string]>> = {
  auto: ['Headgate auto', 'Each call goes to the cheapest model tier that suffices.'],
  1: ['Headgate tier 1', 'Fast and cheap: frequent, predictable work.'],
  2: ['Headgate tier 2', 'The workhorse: context over several files, judgement.'],
  3: ['Headgate tier 3', 'Frontier: high stakes, novel problems.'],
}

/**
 * Everything to list. A routed name has the largest window and output limit among the models it can lead to, since a
 * request is only sent where it fits; one that leads to no model is left out.
 */
export function listedModels(models: readonly CatalogModel[]): ListedModel[] {
  const routed = Object.entries(ROUTED_NAMES).flatMap(([id, meaning]): ListedModel[] => {
    const behind = models.filter((model) => meaning === 'auto' || model.tier === meaning)
    return behind.length === 0 ? [] : [routedName(id, meaning, behind)]
  })
  return [...routed, ...models.map(concreteModel)]
}

/** The listed model of that id or alias; null if there is none. */
export function findListed(models: readonly CatalogModel[], id: string): ListedModel | null {
  return listedModels(models).find((model) => model.id === id || model.aliases.includes(id)) ?? null
}

function routedName(id: string, meaning: 'auto' | Tier, behind: readonly CatalogModel[]): ListedModel {
  const [displayName, description] = DESCRIPTIONS[meaning]
  return {
    id,
    displayName,
    description,
    ownedBy: OWNER,
    windowTokens: Math.max(...behind.map((model) => model.capabilities.windowTokens)),
    maxOutputTokens: Math.max(...behind.map((model) => model.capabilities.maxOutputTokens)),
    createdAt: NAMES_SINCE,
    aliases: [],
  }
}

function concreteModel({ id, displayName, provider, capabilities, aliases, tier }: CatalogModel): ListedModel {
  const { windowTokens, maxOutputTokens } = capabilities
  const description = `${displayName} of ${provider}, tier ${tier}.`
  const createdAt = firstDate([id, ...aliases])
  return { id, displayName, description, ownedBy: provider, windowTokens, maxOutputTokens, createdAt, aliases }
}

/** The earliest day that a dated id tells, such as `claude-haiku-4-5-20251001`; null: none is dated. */
function firstDate(ids: readonly string[]): number | null {
  const days = ids.flatMap((id) => {
    const [, year, month, day] = /-(\d{4})-?(\d{2})-?(\d{2})$/.exec(id) ?? []
    return year === undefined ? [] : [Date.UTC(Number(year), Number(month) - 1, Number(day))]
  })
  return days.length === 0 ? null : Math.min(...days)
}
