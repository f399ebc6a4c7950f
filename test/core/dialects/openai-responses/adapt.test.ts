import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Adaptation } from '../../../../src/core/dialects/adaptation.ts'
import { adaptRequest } from '../../../../src/core/dialects/openai-responses/adapt.ts'
import { scanResponses } from '../../../../src/core/dialects/openai-responses/scan.ts'
import { applyEdits } from '../../../../src/core/dialects/passthrough.ts'
import { KNOWN_MODELS } from '../../../../src/core/routing/models.ts'
import { bodyOf } from '../body-of.ts'

type Json = Record<string, unknown>

function adapted(request: Json, modelId: string, maxOutputTokens: number | null = null): Adaptation & { body: Json } {
  const source = bodyOf(JSON.stringify(request))
  const capabilities = KNOWN_MODELS.find((known) => known.id === modelId)?.capabilities
  if (capabilities === undefined) throw new Error(`unknown model ${modelId}`)
  const adaptation = adaptRequest({ scan: scanResponses(source), modelId, capabilities, headers: {}, maxOutputTokens })
  const text = Buffer.from(applyEdits(source.bytes, adaptation.edits)).toString('utf8')
  return { ...adaptation, body: JSON.parse(text) as Json }
}

const ask = (fields: Json): Json => ({ model: 'gpt-5.5', input: 'hi', stream: true, ...fields })
const ENCRYPTED = 'reasoning.encrypted_content'

describe('a request for the model it names', () => {
  it('is not touched', () => {
    const request = ask({ reasoning: { effort: 'odd' }, temperature: 3, max_output_tokens: 999_999 })
    expect(adapted(request, 'gpt-5.5')).toMatchObject({ edits: [], adaptations: [], usageChunkAdded: false })
  })

  it('is limited by money, where it set a limit and where it set none', () => {
    expect(adapted(ask({}), 'gpt-5.5', 500).body).toEqual(ask({ max_output_tokens: 500 }))
    expect(adapted(ask({ max_output_tokens: 900 }), 'gpt-5.5', 500).body).toEqual(ask({ max_output_tokens: 500 }))
  })
})

describe('a request for another model', () => {
  it.each<[string, Json, string, Json, readonly string[]]>([
    [
      'the limit',
      { max_output_tokens: 100_000 },
      'gpt-4.1-nano',
      { max_output_tokens: 32_768 },
      ['max_output_tokens:100000->32768'],
    ],
    [
      'effort',
      { reasoning: { effort: 'none', summary: 'auto' } },
      'gpt-6.1-sol',
      { reasoning: { effort: 'low', summary: 'auto' } },
      ['effort:none->low'],
    ],
    [
      'no reasoning at all',
      { reasoning: { effort: 'medium' }, include: [ENCRYPTED], text: { verbosity: 'low' } },
      'gpt-4.1-nano',
      {},
      ['reasoning:dropped', 'include:encrypted_reasoning_dropped', 'verbosity:dropped'],
    ],
    [
      'other includes and text options',
      { include: ['x', ENCRYPTED], text: { verbosity: 'low', format: { type: 'text' } } },
      'gpt-4.1',
      { include: ['x'], text: { format: { type: 'text' } } },
      ['include:encrypted_reasoning_dropped', 'verbosity:dropped'],
    ],
    ['sampling', { temperature: 0.5 }, 'gpt-6-luna', {}, ['sampling:dropped(temperature)']],
    [
      'nothing',
      { reasoning: { effort: 'high' }, include: [ENCRYPTED] },
      'gpt-6-luna',
      { reasoning: { effort: 'high' }, include: [ENCRYPTED] },
      [],
    ],
  ])('%s', (_name, fields, model, expected, codes) => {
    const result = adapted(ask(fields), model)
    expect(result.body).toEqual(ask({ ...expected, model }))
    expect(result.adaptations).toEqual(codes)
  })
})

describe('reasoning that another provider has encrypted', () => {
  it('is left out item by item, and every other item stays', () => {
    const reasoning = (id: string) => ({ type: 'reasoning', id, encrypted_content: 'b3BhcXVl', summary: [] })
    const call = { type: 'function_call', call_id: 'c', name: 'read', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: 'c', output: 'x' }
    const user = { role: 'user', content: 'Go' }
    const request = ask({
      input: [user, reasoning('rs_1'), call, output, reasoning('rs_2'), { ...user, content: 'on' }],
    })
    const source = bodyOf(JSON.stringify(request))
    const { capabilities } = KNOWN_MODELS.find(({ id }) => id === 'gpt-5.5')!
    const scan = scanResponses(source)
    const { edits, lost } = adaptRequest({
      scan,
      modelId: 'gpt-5.5',
      capabilities,
      headers: {},
      foreign: new Set([1]),
    })
    const sent = JSON.parse(Buffer.from(applyEdits(source.bytes, edits)).toString('utf8')) as Json
    expect(sent).toEqual({ ...request, input: [user, call, output, reasoning('rs_2'), { ...user, content: 'on' }] })
    expect(lost).toEqual(['reasoning'])
  })
})

const fixtures = join(process.env['HEADGATE_SHARED'] ?? '../shared', 'fixtures')

describe.skipIf(!existsSync(fixtures))('requests of real clients (needs ../shared/fixtures)', () => {
  it.each(['codex', 'opencode.openai'])('%s keeps its input, tools and cache key with every model', (file) => {
    const lines = readFileSync(join(fixtures, `${file}.jsonl`), 'utf8')
      .trim()
      .split('\n')
    const bodies = lines
      .map((line) => (JSON.parse(line) as { body?: Json }).body)
      .filter((body) => body?.['input'] !== undefined)
    expect(bodies.length).toBeGreaterThan(0)
    for (const body of bodies as Json[]) {
      for (const { id, capabilities } of KNOWN_MODELS) {
        if (!capabilities.dialects.includes('openai-responses')) continue
        const sent = adapted(body, id).body
        for (const name of ['input', 'tools', 'prompt_cache_key', 'store', 'client_metadata', 'stream']) {
          expect(sent[name]).toEqual(body[name])
        }
        const effort = (sent['reasoning'] as Json | undefined)?.['effort']
        if (effort !== undefined && id !== body['model']) expect(capabilities.efforts).toContain(effort)
      }
    }
  })
})
