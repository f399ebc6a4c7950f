/** The scripted provider in strict mode, as a judge of written requests. */
import { afterAll, beforeAll } from 'vitest'
import type { Upstream } from '../../src/cli/upstream.ts'
import { startUpstream } from '../../src/cli/upstream.ts'
import type { JsonObject } from '../../src/core/chat/json-value.ts'
import type { DialectName } from '../../src/core/dialects/dialect.ts'
import { applyEdits } from '../../src/core/dialects/passthrough.ts'
import { dialectOf } from '../../src/core/dialects/registry.ts'
import { KNOWN_MODELS } from '../../src/core/routing/models.ts'
import { bodyOf } from '../core/dialects/body-of.ts'

const PATHS: Readonly<Record<DialectName, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat-completions': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
}

/** A model for each dialect that takes what a request may ask for. */
export const MODELS: Readonly<Record<DialectName, readonly string[]>> = {
  'anthropic-messages': ['claude-opus-5-5', 'claude-sonnet-4-6', 'claude-haiku-4-5'],
  'openai-chat-completions': ['gpt-5.5', 'gpt-4.1'],
  'openai-responses': ['gpt-5.5', 'gpt-4.1'],
}

export interface Judged {
  readonly status: number
  readonly text: string
}

export interface Judge {
  /** Adapts the body to the model, as the gateway does, and sends it. */
  send(body: JsonObject, dialect: DialectName, modelId: string): Promise<Judged>
}

/** A judge for the tests of a file. */
export function strictProvider(): Judge {
  let upstream: Upstream | null = null
  beforeAll(async () => {
    upstream = await startUpstream({ settings: { strict: true } })
  })
  afterAll(() => upstream?.close())
  return {
    async send(body, dialect, modelId) {
      const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }
      const adapted = adaptedTo(body, dialect, modelId)
      const answer = await fetch(`${upstream?.url ?? ''}${PATHS[dialect]}`, {
        method: 'POST',
        headers: { ...headers, authorization: 'Bearer none' },
        body: adapted,
      })
      return { status: answer.status, text: await answer.text() }
    },
  }
}

function adaptedTo(body: JsonObject, dialect: DialectName, modelId: string): string {
  const model = KNOWN_MODELS.find((one) => one.id === modelId)
  if (model === undefined) throw new Error(`no model ${modelId} in the catalogue`)
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const { scan, adapt } = dialectOf(dialect)
  const { capabilities } = model
  const adaptation = adapt({ scan: scan(bodyOf(bytes)), modelId, capabilities, headers: {}, translated: true })
  if (adaptation.notServable !== null) throw new Error(`not servable by ${modelId}: ${adaptation.notServable}`)
  return new TextDecoder().decode(applyEdits(bytes, adaptation.edits))
}
