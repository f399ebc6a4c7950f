/**
 * `GET /v1/models` as the Anthropic API answers it: https://platform.claude.com/docs/en/api/models/list. Where a
 * model's date is not known, the API's own stand-in is the epoch. `description` is what Claude Code's discovery shows.
 */
import type { CatalogModel } from '../../routing/catalog.ts'
import type { ListedModel } from '../listed-models.ts'
import { findListed, listedModels } from '../listed-models.ts'

export interface AnthropicModel {
  readonly type: 'model'
  readonly id: string
  readonly display_name: string
  readonly description: string
  readonly created_at: string
  readonly max_input_tokens: number
  readonly max_tokens: number
  readonly capabilities: null
  readonly lifecycle: 'active'
  readonly line: null
  readonly deprecated_at: null
  readonly retires_at: null
}

export interface AnthropicModelsPage {
  readonly data: readonly AnthropicModel[]
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

/** The query's parameters; a cursor that is no listed id counts as absent. */
export interface ModelsPageQuery {
  readonly limit?: number | undefined
  readonly afterId?: string | undefined
  readonly beforeId?: string | undefined
}

const DEFAULT_LIMIT = 20
const HIGHEST_LIMIT = 1000

/** One page of the list; `has_more` tells of models beyond it in the direction of travel. */
export function writeModelsPage(models: readonly CatalogModel[], query: ModelsPageQuery = {}): AnthropicModelsPage {
  const all = listedModels(models)
  const asked = Math.trunc(query.limit ?? DEFAULT_LIMIT)
  const limit = Math.min(HIGHEST_LIMIT, Math.max(1, Number.isNaN(asked) ? DEFAULT_LIMIT : asked))
  const before = all.findIndex((model) => model.id === query.beforeId)
  const after = all.findIndex((model) => model.id === query.afterId)
  const start = before === -1 ? after + 1 : Math.max(0, before - limit)
  const end = before === -1 ? start + limit : before
  const data = all.slice(start, end).map(written)
  return {
    data,
    has_more: before === -1 ? end < all.length : start > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
}

/** One model by id or alias; null becomes a 404. */
export function writeModel(models: readonly CatalogModel[], id: string): AnthropicModel | null {
  const found = findListed(models, id)
  return found === null ? null : written(found)
}

function written(model: ListedModel): AnthropicModel {
  return {
    type: 'model',
    id: model.id,
    display_name: model.displayName,
    description: model.description,
    created_at: new Date(model.createdAt ?? 0).toISOString().replace('.000', ''),
    max_input_tokens: model.windowTokens,
    max_tokens: model.maxOutputTokens,
    capabilities: null,
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
  }
}
