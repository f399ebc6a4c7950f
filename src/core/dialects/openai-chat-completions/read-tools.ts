/** Tools and their choice in Chat Completions, read. API: https://developers.openai.com/api/docs/guides/function-calling. */
import type { Tool, ToolChoice } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { booleanOf, isObject, objectOf, objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import { ownChat } from './read-content.ts'

/** The tools the model may call, and how it must. A choice among allowed tools leaves only those. */
export function readTools(body: JsonObject): { readonly tools: readonly Tool[]; readonly choice: ToolChoice | null } {
  const legacy = objectsOf(body['functions']).map((named) => readTool({ type: 'function', function: named }))
  const tools = [...objectsOf(body['tools']).map(readTool), ...legacy]
  const raw = body['tool_choice'] ?? legacyChoice(body['function_call'])
  const allowed = objectOf(objectOf(raw)['allowed_tools'])
  if (!isObject(raw) || raw['type'] !== 'allowed_tools') return { tools, choice: readChoice(raw) }
  const names = new Set(objectsOf(allowed['tools']).map((tool) => namedIn(tool)))
  const kept = tools.filter((tool) => tool.kind !== 'own' && names.has(tool.name))
  return { tools: kept, choice: { kind: allowed['mode'] === 'required' ? 'required' : 'auto' } }
}

function namedIn(tool: JsonObject): string | null {
  return stringOf(objectOf(tool['function'] ?? tool['custom'])['name'])
}

function legacyChoice(choice: unknown): unknown {
  return isObject(choice) ? { type: 'function', function: choice } : choice
}

function readChoice(choice: unknown): ToolChoice | null {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice }
  const name = namedIn(objectOf(choice))
  if (name === null) return null
  return { kind: 'named', name, namespace: null, freeform: objectOf(choice)['type'] === 'custom' }
}

function readTool(tool: JsonObject): Tool {
  if (tool['type'] === 'custom') return readCustomTool(objectOf(tool['custom']))
  if (tool['type'] !== 'function') {
    return { kind: 'own', own: ownChat(`tool:${typeOf(tool)}`, tool, 'warned') }
  }
  const named = objectOf(tool['function'])
  return {
    kind: 'function',
    name: stringOf(named['name']) ?? '',
    namespace: null,
    description: stringOf(named['description']),
    parameters: isObject(named['parameters']) ? named['parameters'] : null,
    strict: booleanOf(named['strict']),
    deferred: false,
  }
}

function readCustomTool(named: JsonObject): Tool {
  const grammar = objectOf(objectOf(named['format'])['grammar'])
  const definition = stringOf(grammar['definition'])
  return {
    kind: 'freeform',
    name: stringOf(named['name']) ?? '',
    namespace: null,
    description: stringOf(named['description']),
    grammar: definition === null ? null : { syntax: stringOf(grammar['syntax']) ?? 'lark', definition },
  }
}
