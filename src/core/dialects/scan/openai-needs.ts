/**
 * Reads the parameters that both OpenAI dialects spell alike: https://platform.openai.com/docs/api-reference
 * It decides what they ask for in the shared vocabulary; whether a target can do it is routing's business.
 */
import type { RequestNeeds } from '../request-scan.ts'
import { recordOf, textOf } from './parsed-values.ts'
import type { FieldValues } from './request-fields.ts'

/** `none`, `auto`, `required`, a named tool, or a list of allowed tools with a mode of its own. */
export function readToolChoice(value: unknown): RequestNeeds['toolChoice'] {
  if (value === undefined || value === null || value === 'auto') return 'default'
  if (value === 'none') return 'none'
  const choice = recordOf(value)
  if (choice['type'] !== 'allowed_tools') return 'forced'
  const mode = textOf(choice['mode']) || textOf(recordOf(choice['allowed_tools'])['mode'])
  return mode === 'required' ? 'forced' : 'default'
}

/** Reasoning is asked for by effort alone; effort `none` turns it off. */
export function readEffort(effort: string | null): Pick<RequestNeeds, 'thinking' | 'effort'> {
  if (effort === null) return { thinking: null, effort: null }
  return { thinking: { kind: effort === 'none' ? 'disabled' : 'effort-only' }, effort }
}

/** The sampling parameters the client set. */
export function readSampling(values: FieldValues): string[] {
  return ['temperature', 'top_p', 'top_k'].filter((name) => values.has(name))
}
