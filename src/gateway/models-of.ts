/** The models a key may name: those of configured providers. Routed names are added by each dialect's list. */
import { asTarget, type CatalogModel } from '../core/routing/catalog.ts'
import { isAllowed } from '../core/routing/eligible.ts'
import type { IdentifiedCaller } from './identify.ts'
import type { Providers } from './ports.ts'

export function modelsOf(
  { team, allowedModels }: Pick<IdentifiedCaller, 'team' | 'allowedModels'>,
  providers: Providers,
): CatalogModel[] {
  const { catalog } = team
  return [...new Set(catalog.models.values())].filter(
    (model) => providers.configured.has(model.provider) && isAllowed(asTarget(catalog, model), allowedModels),
  )
}
