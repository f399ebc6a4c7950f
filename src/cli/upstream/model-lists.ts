/** The model endpoints of both families. https://platform.claude.com/docs/en/api/models-list */
import { CLAUDE_MODELS, findClaudeModel, type ClaudeModel } from './claude-models.ts'
import { sendJson, type Exchange } from './exchange.ts'
import type { JsonObject } from './json.ts'
import { OPENAI_MODELS, findOpenAiModel, type OpenAiModel } from './openai-models.ts'
import { WireError, invalidRequest } from './wire-error.ts'

/** Answers `GET /v1/models` in the family of the caller. */
export function handleModels(exchange: Exchange): void {
  if (exchange.family === 'openai') {
    sendJson(exchange, { object: 'list', data: OPENAI_MODELS.map(openAiRow) })
    return
  }
  const limit = Number(exchange.query.get('limit') ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw invalidRequest('limit: Input should be between 1 and 1000')
  }
  const newestFirst = CLAUDE_MODELS.toReversed()
  const after = exchange.query.get('after_id')
  const from = after === null ? 0 : newestFirst.findIndex((row) => row.id === after) + 1
  const page = newestFirst.slice(from, from + limit)
  sendJson(exchange, {
    data: page.map(claudeRow),
    has_more: from + limit < newestFirst.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  })
}

/** Answers `GET /v1/models/:id`. */
export function handleModel(exchange: Exchange, id: string): void {
  if (exchange.family === 'openai') {
    const row = findOpenAiModel(id)
    if (row !== null) return sendJson(exchange, openAiRow(row))
    const message = `The model '${id}' does not exist`
    throw new WireError({
      status: 404,
      type: 'invalid_request_error',
      message,
      param: 'model',
      code: 'model_not_found',
    })
  }
  const row = findClaudeModel(id)
  if (row === null) throw new WireError({ status: 404, type: 'not_found_error', message: `model: ${id}` })
  sendJson(exchange, claudeRow(row))
}

function openAiRow(row: OpenAiModel): JsonObject {
  return { id: row.id, object: 'model', created: row.createdAtSeconds, owned_by: 'system', shutdown_date: null }
}

function claudeRow(row: ClaudeModel): JsonObject {
  return {
    type: 'model',
    id: row.aliases[0] ?? row.id,
    display_name: row.displayName,
    created_at: row.createdAt,
    deprecated_at: null,
    retires_at: row.id === 'claude-sonnet-4-5' ? '2026-11-30T00:00:00Z' : null,
    lifecycle: row.id === 'claude-sonnet-4-5' ? 'deprecated' : 'active',
    line: row.line === 'fable' ? null : row.line,
    max_input_tokens: row.contextTokens,
    max_tokens: row.maxOutputTokens,
    capabilities: capabilities(row),
  }
}

const can = (supported: boolean) => ({ supported })

function capabilities(row: ClaudeModel): JsonObject {
  const { thinking, effort } = row
  const levels = (name: string) => can(effort?.levels.some((level) => level === name) ?? false)
  return {
    batch: can(true),
    citations: can(true),
    code_execution: can(true),
    context_management: {
      supported: true,
      clear_thinking_20251015: can(true),
      clear_tool_uses_20250919: can(true),
      compact_20260112: can(row.generation >= 4.6),
    },
    effort: {
      supported: effort !== null,
      low: levels('low'),
      medium: levels('medium'),
      high: levels('high'),
      xhigh: levels('xhigh'),
      max: levels('max'),
    },
    image_input: can(true),
    pdf_input: can(true),
    server_tools: { supported: true, code_execution: can(true), web_search: can(true) },
    structured_outputs: can(true),
    thinking: {
      supported: true,
      types: {
        adaptive: can(thinking.adaptive),
        between_tools: can(thinking.betweenTools),
        disabled: can(thinking.disabled !== 'never'),
        enabled: can(thinking.budget),
      },
    },
  }
}
