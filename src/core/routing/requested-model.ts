/**
 * What a client means by the model it names: routing, a tier, or one model. It resolves names; it chooses nothing.
 */
import type { Tier } from '../tasks/task-types.ts'
import type { Catalog, CatalogModel } from './catalog.ts'

export type RequestedModel =
  | { readonly kind: 'auto' }
  | { readonly kind: 'tier'; readonly tier: Tier }
  | { readonly kind: 'model'; readonly model: CatalogModel }
  | { readonly kind: 'unknown'; readonly name: string }

/**
 * Names that mean routing or a tier, for the list of models. Some clients keep only ids that begin with `claude`, so each
 * has one of that form.
 */
export const ROUTED_NAMES: Readonly<Record<string, 'auto' | Tier>> = {
  auto: 'auto',
  'headgate/auto': 'auto',
  'claude-headgate-auto': 'auto',
  'tier-1': 1,
  'tier-2': 2,
  'tier-3': 3,
  'headgate/tier-1': 1,
  'headgate/tier-2': 2,
  'headgate/tier-3': 3,
  'claude-headgate-tier-1': 1,
  'claude-headgate-tier-2': 2,
  'claude-headgate-tier-3': 3,
}

/** Resolves a name by exact id, alias or target id. `unknown` becomes a 404 in the client's dialect. */
export function resolveRequestedModel(name: string, catalog: Catalog): RequestedModel {
  const routed = Object.hasOwn(ROUTED_NAMES, name) ? ROUTED_NAMES[name] : undefined
  if (routed === 'auto') return { kind: 'auto' }
  if (routed !== undefined) return { kind: 'tier', tier: routed }
  const model = catalog.models.get(name)
  return model === undefined ? { kind: 'unknown', name } : { kind: 'model', model }
}
