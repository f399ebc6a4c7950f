/**
 * The input of a tool call between dialects that hold it as JSON text and dialects that hold it as an object, and
 * between freeform tools and functions with the one property `input` that stand for them.
 */
import type { JsonObject } from './json-value.ts'
import { isObject, parsedJson } from './json-value.ts'
import type { Warnings } from './warnings.ts'

/** The object a JSON text holds. What is no object (a call cut off in the middle) is kept whole under a name that says so. */
export function inputObject(input: string, warnings: Warnings): JsonObject {
  if (input.trim() === '') return {}
  const value = parsedJson(input)
  if (isObject(value)) return value
  warnings.note('tool_input:wrapped')
  return value === undefined ? { unparsed_input: input } : { value }
}

/** The JSON text of the function call that stands for a call with free text. */
export function wrappedFreeform(input: string): string {
  return JSON.stringify({ input })
}

/** The free text inside such a call; whatever a model wrote instead is taken as it is. */
export function unwrappedFreeform(input: string): string {
  const value = parsedJson(input)
  if (typeof value === 'string') return value
  if (!isObject(value)) return input
  if (typeof value['input'] === 'string') return value['input']
  const [only, ...more] = Object.values(value)
  return typeof only === 'string' && more.length === 0 ? only : input
}
