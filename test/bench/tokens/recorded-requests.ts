/**
 * First calls of real clients, estimated and counted. Recordings in which long texts are filler are given words again:
 * each word of filler becomes one of the same length out of real prose, so that what is counted is English. What is
 * measured is then their structure and sizes; what their own prompts say nobody here knows.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { dialectOf } from '../../../src/core/dialects/registry.ts'
import { coldContextTokens } from '../../../src/core/routing/context.ts'
import { weighRequest } from '../../../src/core/tokens/request-weight.ts'
import { bodyOf } from '../../core/dialects/body-of.ts'
import { readJsonLines } from '../shared-data.ts'
import { Counter } from './count-tokens.ts'
import { bias, percent, shownErrors } from './errors.ts'
import { isHeldOut, readTexts } from './source-texts.ts'

interface Recorded {
  readonly url: string
  readonly body: unknown
}

type Json = Readonly<Record<string, unknown>>

const DIALECTS: Readonly<Record<string, DialectName>> = {
  '/v1/messages': 'anthropic-messages',
  '/v1/chat/completions': 'openai-chat-completions',
  '/v1/responses': 'openai-responses',
}
/** Below it a request is a try of an SDK, not an agent's. */
const LEAST_TOKENS = 300

/** @param tokenizerRatio what a model of the encoding counts for a token of the reference tokenizer */
export function printRecorded(folder: string, tokenizerRatio: number): void {
  const counter = new Counter('o200k_base')
  const rows: Record<string, Record<string, string>> = {}
  const errors: number[] = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    readJsonLines<Recorded>(join(folder, file)).forEach(({ url, body }, line) => {
      const dialect = DIALECTS[new URL(url, 'http://localhost').pathname]
      if (dialect === undefined || !isRecord(body) || isLater(body)) return
      const worded = withWords(body) as Json
      const truth = counter.prompt(textsOf(worded))
      if (truth < LEAST_TOKENS) return
      const scan = dialectOf(dialect).scan(bodyOf(JSON.stringify(worded)))
      const estimate = coldContextTokens(weighRequest(scan)) * tokenizerRatio
      const off = estimate / truth - 1
      errors.push(off)
      rows[`${file} ${line + 1}`] = { counted: String(truth), estimated: estimate.toFixed(0), off: percent(off) }
    })
  }
  console.log('First calls of recorded clients, o200k_base')
  console.table(rows)
  console.table({ all: { calls: String(errors.length), ...shownErrors('off', errors), bias: bias(errors) } })
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isLater(body: Json): boolean {
  return [...listOf(body['messages']), ...listOf(body['input'])].some(
    (item) => isRecord(item) && (item['role'] === 'assistant' || String(item['type']).endsWith('_call')),
  )
}

/** Every text that a model reads. */
function textsOf(body: Json): string[] {
  const said = [body['system'], body['instructions'], body['messages'], body['input']].flatMap(saidIn)
  return [...said, ...listOf(body['tools']).map((tool) => JSON.stringify(tool))]
}

function saidIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (Array.isArray(value)) return value.flatMap(saidIn)
  if (!isRecord(value)) return []
  return [value['text'], value['content']].flatMap(saidIn)
}

/** Filler is made of these, cut and joined to any length. */
const FILLER = /(lorem|ipsum|dolor|amet|consect|adipis|elit|eiusm|tempor|incid|labor|magna|aliqu)/

function withWords(value: unknown): unknown {
  if (typeof value === 'string') return FILLER.test(value) && value.includes(' ') ? reworded(value) : value
  if (Array.isArray(value)) return value.map(withWords)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withWords(inner)]))
}

let words: ReadonlyMap<number, readonly string[]> | null = null
let taken = 0

function reworded(text: string): string {
  words ??= wordsByLength()
  return text.replaceAll(/[a-z]+/g, (word) => {
    const known = words?.get(word.length)
    return known?.[taken++ % known.length] ?? word
  })
}

/** As often as prose has them. */
function wordsByLength(): ReadonlyMap<number, readonly string[]> {
  const byLength = new Map<number, string[]>()
  for (const { text } of readTexts('prose').filter(isHeldOut)) {
    for (const [word] of text.matchAll(/\b[a-z]+\b/g)) {
      const known = byLength.get(word.length)
      if (known === undefined) byLength.set(word.length, [word])
      else known.push(word)
    }
  }
  return byLength
}
