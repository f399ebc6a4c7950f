/**
 * `GET /v1/models` and `GET /v1/models/:id`: what a client may ask for, in the form of its own provider's list. Which
 * form, the client's `anthropic-version` header tells: https://docs.anthropic.com/en/api/versioning
 */
import type { Context } from 'hono'
import {
  writeModel as writeAnthropicModel,
  writeModelsPage,
} from '../../core/dialects/anthropic-messages/models-list.ts'
import { writeModel as writeOpenAiModel, writeModelsList } from '../../core/dialects/openai-models-list.ts'
import { GatewayError } from '../../core/gateway-error.ts'
import type { CatalogModel } from '../../core/routing/catalog.ts'
import { identify } from '../../gateway/identify.ts'
import { modelsOf } from '../../gateway/models-of.ts'
import type { AppEnv } from '../app-env.ts'
import { clientKey } from '../client-key.ts'

export async function models(context: Context<AppEnv>): Promise<Response> {
  const available = await availableModels(context)
  if (!isAnthropic(context)) return context.json(writeModelsList(available))
  const { limit, after_id: afterId, before_id: beforeId } = context.req.query()
  return context.json(
    writeModelsPage(available, { limit: limit === undefined ? undefined : Number(limit), afterId, beforeId }),
  )
}

export async function oneModel(context: Context<AppEnv>): Promise<Response> {
  const available = await availableModels(context)
  const id = context.req.param('id') ?? ''
  const model = isAnthropic(context) ? writeAnthropicModel(available, id) : writeOpenAiModel(available, id)
  if (model === null)
    throw new GatewayError('model_not_found', `The model "${id}" is not known here. See GET /v1/models.`)
  return context.json(model)
}

async function availableModels(context: Context<AppEnv>): Promise<CatalogModel[]> {
  const { gateway } = context.var.composition
  const caller = await identify({ apiKey: clientKey(context.req.raw.headers) }, gateway)
  return modelsOf(caller, gateway.ports.providers)
}

function isAnthropic(context: Context<AppEnv>): boolean {
  return context.req.header('anthropic-version') !== undefined
}
