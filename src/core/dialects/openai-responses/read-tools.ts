/** Tools and their choice in the Responses API, read. API: https://developers.openai.com/api/docs/guides/function-calling. */
import type { Tool, ToolChoice } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { booleanOf, isObject, objectOf, objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import type { OwnValue } from '../../chat/own-value.ts'
import { ownResponses } from './read-content.ts'

export interface ToolsRead {
  readonly tools: readonly Tool[]
  readonly choice: ToolChoice | null
  /** A choice only this dialect knows. */
  readonly own: readonly OwnValue[]
}

/** The tools the model may call, and how it must. A choice among allowed tools leaves only those. */
export function readTools(body: JsonObject): ToolsRead {
  const tools = [...objectsOf(body['tools']).flatMap((tool) => readTool(tool, null)), ...broughtTools(body)]
  const choice = body['tool_choice']
  if (choice === 'auto' || choice === 'none' || choice === 'required')
    return { tools, choice: { kind: choice }, own: [] }
  if (!isObject(choice)) return { tools, choice: null, own: [] }
  const name = stringOf(choice['name'])
  if ((choice['type'] === 'function' || choice['type'] === 'custom') && name !== null) {
    return { tools, choice: namedChoice(name, tools, choice['type'] === 'custom'), own: [] }
  }
  if (choice['type'] !== 'allowed_tools') {
    return { tools, choice: null, own: [ownResponses('tool_choice', choice, 'refused')] }
  }
  const names = new Set(objectsOf(choice['tools']).map((tool) => stringOf(tool['name'])))
  const kept = tools.filter((tool) => tool.kind !== 'own' && names.has(tool.name))
  return { tools: kept, choice: { kind: choice['mode'] === 'required' ? 'required' : 'auto' }, own: [] }
}

/** Agents may bring tools in with an item of the input; to other dialects they are tools like all others. */
function broughtTools(body: JsonObject): Tool[] {
  const items = objectsOf(body['input']).filter((item) => item['type'] === 'additional_tools')
  const tools = items.flatMap((item) => objectsOf(item['tools'])).flatMap((tool) => readTool(tool, null))
  return tools.map((tool) => (tool.kind === 'own' ? tool : { ...tool, broughtByItem: true }))
}

function namedChoice(name: string, tools: readonly Tool[], freeform: boolean): ToolChoice {
  const tool = tools.find((one) => one.kind !== 'own' && one.name === name)
  const namespace = tool === undefined || tool.kind === 'own' ? null : tool.namespace
  return { kind: 'named', name, namespace, freeform }
}

/** The tools an agent can do without; all others are what the client is built around. */
const DISPENSABLE: ReadonlySet<string> = new Set(['web_search', 'web_search_preview', 'tool_search'])

interface Group {
  readonly namespace: string
  readonly namespaceDescription: string
}

function readTool(tool: JsonObject, group: Group | null): Tool[] {
  const type = typeOf(tool)
  const named = {
    name: stringOf(tool['name']) ?? '',
    namespace: null,
    description: stringOf(tool['description']),
    ...group,
  }
  switch (type) {
    case 'function':
      return [
        {
          kind: 'function',
          ...named,
          parameters: isObject(tool['parameters']) ? tool['parameters'] : null,
          strict: booleanOf(tool['strict']),
          deferred: tool['defer_loading'] === true,
        },
      ]
    case 'custom':
      return [{ kind: 'freeform', ...named, grammar: readGrammar(objectOf(tool['format'])) }]
    case 'namespace': {
      const inner = { namespace: named.name, namespaceDescription: named.description ?? '' }
      return objectsOf(tool['tools']).flatMap((child) => readTool(child, inner))
    }
    default: {
      const ifLost = DISPENSABLE.has(type.replace(/_\d{4}_\d{2}_\d{2}$/, '')) ? 'warned' : 'refused'
      return [{ kind: 'own', own: ownResponses(`tool:${type}`, tool, ifLost) }]
    }
  }
}

function readGrammar(format: JsonObject): { readonly syntax: string; readonly definition: string } | null {
  const definition = stringOf(format['definition'])
  if (format['type'] !== 'grammar' || definition === null) return null
  return { syntax: stringOf(format['syntax']) ?? 'lark', definition }
}
