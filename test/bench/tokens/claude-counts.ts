/**
 * What Claude counts in texts that tools returned, by real sessions: the next prompt, less this one and its answer, over
 * the characters of the results in between. Beside it what o200k_base counts in files shown alike. No tokenizer of these
 * models is published; this is what `byte-weights.ts` has of them.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Counter } from './count-tokens.ts'
import { quantile } from './errors.ts'
import { numbered } from './shown-texts.ts'
import { readTexts } from './source-texts.ts'

/** Of models whose tokenizer is the reference. */
const REFERENCE = /haiku-4-5|sonnet-4-[56]|opus-4-[56]/
const LEAST_CHARACTERS = 1_500
/** Older logs under-report what was answered: then its characters tell. */
const CHARACTERS_A_TOKEN = 3.5

interface Fields {
  readonly models: readonly string[]
  readonly tools: readonly string[]
  readonly call_fields: readonly string[]
}

type Call = readonly (number | readonly number[])[]

export function printClaudeCounts(file: string): void {
  const [first = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')
  const fields = JSON.parse(first) as Fields
  const ratios = new Map<string, number[]>()
  for (const line of lines) {
    const { calls } = JSON.parse(line) as { calls: readonly Call[] }
    calls.slice(1).forEach((call, index) => addCall(ratios, fields, [calls[index] ?? call, call]))
  }
  const rows = [...ratios].filter(([, values]) => values.length >= 50)
  console.log('Characters per token in what one tool returned, counted by Claude 4.5 and 4.6')
  console.table(Object.fromEntries(rows.map(([tool, values]) => [tool, spread(values)])))
  console.log('The same in files, counted by o200k_base')
  const counter = new Counter('o200k_base')
  const shown = { 'source code, numbered': ['source code', true], prose: ['prose', false] } as const
  const rowOf = ([kind, isNumbered]: (typeof shown)[keyof typeof shown]): Record<string, string> =>
    spread(
      readTexts(kind).map(({ text }) => {
        const part = isNumbered ? numbered(text.slice(0, 8_000), '→') : text.slice(0, 8_000)
        return part.length / counter.count(part)
      }),
    )
  console.table(Object.fromEntries(Object.entries(shown).map(([name, what]) => [name, rowOf(what)])))
}

function addCall(ratios: Map<string, number[]>, { models, tools, call_fields }: Fields, calls: readonly [Call, Call]) {
  const [before, now] = calls.map((call) => (name: string) => call[call_fields.indexOf(name)]) as [Field, Field]
  const used = before('tools')
  const characters = Number(now('tool_result_chars_before'))
  const typed = Number(now('starts_human_turn')) === 1
  if (before('model') !== now('model') || typed || characters < LEAST_CHARACTERS) return
  if (!REFERENCE.test(models[Number(now('model'))] ?? '') || !Array.isArray(used) || new Set(used).size !== 1) return
  const answer = Math.max(Number(before('output_logged')), Number(before('output_chars')) / CHARACTERS_A_TOKEN)
  const added = promptOf(now) - promptOf(before) - answer
  if (added < 50) return
  const tool = tools[used[0] as number] ?? ''
  ratios.set(tool, [...(ratios.get(tool) ?? []), characters / added])
}

type Field = (name: string) => number | readonly number[] | undefined

function promptOf(field: Field): number {
  return ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h'].reduce((sum, name) => sum + Number(field(name)), 0)
}

function spread(values: readonly number[]): Record<string, string> {
  const [p10, median, p90] = [0.1, 0.5, 0.9].map((share) => quantile(values, share).toFixed(2))
  return { calls: String(values.length), p10: p10 ?? '', median: median ?? '', p90: p90 ?? '' }
}
