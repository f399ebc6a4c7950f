/** The models a team's clients may name: those of configured providers. Routed names are added by each dialect's list. */
import type { CatalogModel } from '../core/routing/catalog.ts'
import type { Providers } from './ports.ts'
import type { TeamPolicy } from './team-policies.ts'

export function modelsOf({ catalog }: TeamPolicy, providers: Providers): CatalogModel[] {
  return [...new Set(catalog.models.values())].filter((model) => providers.configured.has(model.provider))
}
