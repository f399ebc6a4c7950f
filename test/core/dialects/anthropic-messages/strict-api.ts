/**
 * What the Anthropic API rejects with a 400, per model, written down from its documentation and from what published
 * clients drew, apart from the gateway's own table. A list of complaints; empty: the request is accepted.
 */

type Json = Record<string, unknown>

interface Rules {
  readonly maxTokens: number
  readonly thinking: readonly string[]
  readonly efforts: readonly string[]
  readonly sampling: boolean
  readonly systemRole: boolean
  readonly messageEffort: boolean
  readonly toolChanges: boolean
  readonly thinksByDefault: boolean
  /** With thinking disabled, efforts above `high` are rejected. */
  readonly disabledUpToHigh?: boolean
}

const FIVE = ['low', 'medium', 'high', 'xhigh', 'max']
const FOUR = ['low', 'medium', 'high', 'max']

const NEWEST: Rules = {
  maxTokens: 128_000,
  thinking: ['adaptive'],
  efforts: FIVE,
  sampling: false,
  systemRole: true,
  messageEffort: true,
  toolChanges: true,
  thinksByDefault: true,
}
const CLAUDE_4_6: Rules = {
  ...NEWEST,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: FOUR,
  sampling: true,
  systemRole: false,
  messageEffort: false,
  toolChanges: false,
  thinksByDefault: false,
}

export const RULES: Readonly<Record<string, Rules>> = {
  'claude-haiku-4-5': {
    ...CLAUDE_4_6,
    maxTokens: 64_000,
    thinking: ['enabled', 'disabled'],
    efforts: [],
  },
  'claude-haiku-5-5': { ...NEWEST, thinking: ['adaptive', 'disabled'], disabledUpToHigh: true },
  'claude-sonnet-4-6': CLAUDE_4_6,
  'claude-sonnet-5': { ...NEWEST, thinking: ['adaptive', 'disabled'], systemRole: false, messageEffort: false },
  'claude-sonnet-5-5': { ...NEWEST, thinking: ['adaptive', 'between_tools'] },
  'claude-opus-4-6': CLAUDE_4_6,
  'claude-opus-4-7': {
    ...NEWEST,
    thinking: ['adaptive', 'disabled'],
    systemRole: false,
    messageEffort: false,
    toolChanges: false,
    thinksByDefault: false,
  },
  'claude-opus-4-8': { ...NEWEST, thinking: ['adaptive', 'disabled'], messageEffort: false, thinksByDefault: false },
  'claude-opus-5': { ...NEWEST, thinking: ['adaptive', 'disabled'], messageEffort: false, disabledUpToHigh: true },
  'claude-opus-5-5': NEWEST,
}

const EFFORT_BETAS = ['per-turn-control', 'mid-conversation-output-config']

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function thinkingComplaints(body: Json, rules: Rules): string[] {
  const { thinking } = body
  if (!isObject(thinking)) return []
  const type = String(thinking['type'])
  if (!rules.thinking.includes(type)) return [`thinking ${type} is not supported`]
  const budget = thinking['budget_tokens']
  if (type !== 'enabled') return budget === undefined ? [] : ['budget_tokens without enabled']
  const limit = body['max_tokens']
  const found: string[] = []
  if (typeof budget !== 'number' || budget < 1024) found.push('budget_tokens below 1024')
  else if (typeof limit === 'number' && budget >= limit) found.push('budget_tokens not below max_tokens')
  return found
}

function messageComplaints(message: Json, rules: Rules): string[] {
  const found: string[] = []
  const { role, content, output_config: config } = message
  if (role === 'system' && !rules.systemRole) found.push('role system')
  if (role !== 'system' && (config !== undefined || message['clear_at'] !== undefined)) found.push('instruction fields')
  if (config !== undefined && !rules.messageEffort) found.push('message output_config')
  if (isObject(config) && config['effort'] !== undefined && !rules.efforts.includes(String(config['effort']))) {
    found.push('message effort')
  }
  if (
    content === undefined ? config === undefined : content === '' || (Array.isArray(content) && content.length === 0)
  ) {
    found.push('empty message')
  }
  return found
}

function thinks(body: Json, rules: Rules): boolean {
  return isObject(body['thinking']) ? body['thinking']['type'] !== 'disabled' : rules.thinksByDefault
}

/** Why this model would answer 400. */
export function complaints(model: string, body: Json, headers: Readonly<Record<string, string>>): string[] {
  const rules = RULES[model]
  if (rules === undefined) throw new Error(`no rules for ${model}`)
  const found = thinkingComplaints(body, rules)
  if (typeof body['max_tokens'] === 'number' && body['max_tokens'] > rules.maxTokens) found.push('max_tokens')
  const effort = isObject(body['output_config']) ? body['output_config']['effort'] : undefined
  if (effort !== undefined && !rules.efforts.includes(String(effort))) found.push('effort')
  const disabled = isObject(body['thinking']) && body['thinking']['type'] === 'disabled'
  if (rules.disabledUpToHigh && disabled && (effort === 'xhigh' || effort === 'max'))
    found.push('effort without thinking')
  const sampling = ['temperature', 'top_p', 'top_k'].filter((name) => body[name] !== undefined)
  if (sampling.length > 0 && (!rules.sampling || headers['anthropic-version'] === '2026-10-21')) found.push('sampling')
  const management = isObject(body['context_management']) ? body['context_management']['edits'] : []
  const clears = (management as Json[]).some((edit) => String(edit['type']).startsWith('clear_thinking'))
  if (clears && !thinks(body, rules)) found.push('clear_thinking without thinking')
  for (const beta of (headers['anthropic-beta'] ?? '').split(',').map((name) => name.trim())) {
    if (beta.startsWith('effort-') && rules.efforts.length === 0) found.push(`beta ${beta}`)
    if (beta.startsWith('mid-conversation-tool-changes-') && !rules.toolChanges) found.push(`beta ${beta}`)
    if (EFFORT_BETAS.some((name) => beta.startsWith(name)) && !rules.messageEffort) found.push(`beta ${beta}`)
  }
  return [...found, ...(body['messages'] as Json[]).flatMap((message) => messageComplaints(message, rules))]
}
