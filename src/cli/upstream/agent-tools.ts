/** How the scripted agent finds the tools it needs and fills their inputs by the tools' own schemas. */
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import { sampleOf } from './schema-sample.ts'

/** A tool as the agent sees it. */
export interface AgentTool {
  name: string
  /** The namespace a client put it in (Codex), or null. */
  namespace: string | null
  /** Freeform: takes a text, not JSON. */
  custom: boolean
  schema: JsonObject
}

/** What the agent wants to put into a tool's input. */
interface Wanted {
  path?: string
  content?: string
  command?: string
  patch?: string
  prompt?: string
  description?: string
}

const FIELDS: Record<keyof Wanted, RegExp> = {
  path: /^(file_?path|path|absolute_?path|target_?file|file_?name|file|files|paths|filepath)$/i,
  content: /^(content|contents|file_?text|text|new_?content)$/i,
  command: /^(command|cmd|commands|script)$/i,
  patch: /^(patch_?text|input|patch|diff)$/i,
  prompt: /^(prompt|message|task|instructions|prompt_?1)$/i,
  description: /^(description|title|summary|task_?name)$/i,
}

/** The first tool whose name fits and that passes the test, or null. */
export function toolNamed(
  tools: readonly AgentTool[],
  name: RegExp,
  test: (tool: AgentTool) => boolean,
): AgentTool | null {
  return tools.find((tool) => name.test(tool.name) && test(tool)) ?? null
}

/** The name of a tool's path property, or null. */
export function pathFieldOf(tool: AgentTool): string | null {
  return fieldFor(tool, 'path')
}

function fieldFor(tool: AgentTool, wanted: keyof Wanted): string | null {
  const names = Object.keys(objectOf(tool.schema.properties))
  const required = arrayOf(tool.schema.required)
  const fits = names.filter((name) => FIELDS[wanted].test(name))
  return fits.find((name) => required.includes(name)) ?? fits[0] ?? null
}

/** A valid input: what is wanted in the fields that take it, and samples for whatever else is required. */
export function fillInput(tool: AgentTool, wanted: Wanted): JsonObject {
  const properties = objectOf(tool.schema.properties)
  const input: JsonObject = {}
  for (const [kind, value] of Object.entries(wanted) as [keyof Wanted, string][]) {
    const field = fieldFor(tool, kind)
    if (field !== null) input[field] = shaped(objectOf(properties[field]), value)
  }
  for (const name of arrayOf(tool.schema.required)) {
    const field = stringOf(name)
    if (!(field in input)) input[field] = requiredValue(field, objectOf(properties[field]))
  }
  return input
}

function requiredValue(field: string, schema: JsonObject): unknown {
  if (/^(subagent_?type|agent_?type)$/i.test(field) && !Array.isArray(schema.enum)) return 'general'
  return sampleOf(schema, () => null)
}

/** A text in the shape the property asks for: itself, a list of it, or a list of objects around it. */
function shaped(schema: JsonObject, value: string): unknown {
  if (schema.type !== 'array') return value
  const items = objectOf(schema.items)
  if (items.type !== 'object') return commandWords(schema, value)
  const inner: AgentTool = { name: '', namespace: null, custom: false, schema: items }
  const field = pathFieldOf(inner) ?? fieldFor(inner, 'command') ?? fieldFor(inner, 'prompt')
  return [field === null ? {} : { ...objectOf(sampleOf(items, () => null)), [field]: value }]
}

/** An argument vector for a command that is described as one. */
function commandWords(schema: JsonObject, value: string): string[] {
  return isObject(schema.items) && value.includes(' ') ? ['bash', '-lc', value] : [value]
}
