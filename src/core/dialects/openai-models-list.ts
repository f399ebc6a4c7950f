/**
 * `GET /v1/models` as the OpenAI API answers it, for both OpenAI dialects:
 * https://developers.openai.com/api/reference/models/list. The API has no fields for names and limits; those that
 * compatible servers use stand beside its own.
 */
import type { CatalogModel } from '../routing/catalog.ts'
import type { ListedModel } from './listed-models.ts'
import { findListed, listedModels } from './listed-models.ts'

export interface OpenAiModel {
  readonly id: string
  readonly object: 'model'
  /** Seconds since epoch; 0: not known. */
  readonly created: number
  readonly owned_by: string
  readonly name: string
  readonly description: string
  readonly context_length: number
  readonly max_output_tokens: number
}

export interface OpenAiModelsList {
  readonly object: 'list'
  readonly data: readonly OpenAiModel[]
}

/** The whole list; the API knows no pages here. */
export function writeModelsList(models: readonly CatalogModel[]): OpenAiModelsList {
  return { object: 'list', data: listedModels(models).map(written) }
}

/** One model by id or alias; null becomes a 404. */
export function writeModel(models: readonly CatalogModel[], id: string): OpenAiModel | null {
  const found = findListed(models, id)
  return found === null ? null : written(found)
}

function written(model: ListedModel): OpenAiModel {
  return {
    id: model.id,
    object: 'model',
    created: (model.createdAt ?? 0) / 1000,
    owned_by: model.ownedBy,
    name: model.displayName,
    description: model.description,
    context_length: model.windowTokens,
    max_output_tokens: model.maxOutputTokens,
  }
}
