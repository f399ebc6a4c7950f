/**
 * The control interface of the scripted provider: which scripts wait for which calls, and the settings that can change
 * while it runs. Pure bookkeeping over the state; the server speaks HTTP.
 */
import { isObject, type JsonObject } from './json.ts'
import { problemWith, readScript, type Script } from './script.ts'

/** A script that waits for calls. */
interface ScriptRule {
  id: number
  /** Calls left, or null until reset. */
  times: number | null
  /** Which calls: a path prefix, a model, whether it streams. Absent matches all. */
  match: { path?: string; model?: string; stream?: boolean }
  script: Script
}

/** Settings that can be switched while it runs. */
export interface Settings {
  /** All per-model refusals on. Off takes whatever parses. */
  strict: boolean
  /** Keys that are accepted; empty accepts any key. */
  keys: string[]
  eventDelayMs: number
  headersDelayMs: number
  /** Added to the clock: moves caches and batches through time. */
  clockOffsetMs: number
}

/** The call a rule is matched against. */
interface CallShape {
  path: string
  model: string
  stream: boolean
}

const isCount = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const SETTINGS = {
  strict: (value: unknown) => typeof value === 'boolean',
  keys: (value: unknown) => Array.isArray(value) && value.every((key) => typeof key === 'string'),
  eventDelayMs: isCount,
  headersDelayMs: isCount,
  clockOffsetMs: isCount,
}

const MATCH = {
  path: (value: unknown) => typeof value === 'string',
  model: (value: unknown) => typeof value === 'string',
  stream: (value: unknown) => typeof value === 'boolean',
}

/** Rules in the order they were given; the first that matches wins. */
export class ScriptQueue {
  #rules: ScriptRule[] = []
  #nextId = 1

  /** The rules that still wait. */
  get rules(): readonly ScriptRule[] {
    return this.#rules
  }

  /** Adds a rule and returns it. */
  add(rule: Omit<ScriptRule, 'id'>): ScriptRule {
    const added = { ...rule, id: this.#nextId }
    this.#nextId += 1
    this.#rules.push(added)
    return added
  }

  /** The script for a call, counted down; null when none waits for it. */
  take(call: CallShape): Script | null {
    const rule = this.#rules.find((candidate) => matches(candidate, call))
    if (rule === undefined) return null
    if (rule.times !== null) {
      rule.times -= 1
      if (rule.times === 0) this.#rules = this.#rules.filter((other) => other !== rule)
    }
    return rule.script
  }

  /** Forgets every rule. */
  clear(): void {
    this.#rules = []
  }
}

function matches(rule: ScriptRule, call: CallShape): boolean {
  const { path, model, stream } = rule.match
  if (path !== undefined && !call.path.startsWith(path)) return false
  if (model !== undefined && call.model !== model) return false
  return stream === undefined || call.stream === stream
}

/** What a control request asks for: rules to add and settings to change. */
interface ControlRequest {
  rules: Omit<ScriptRule, 'id'>[]
  settings: Partial<Settings>
}

/**
 * Reads the body of `POST /__script`: one rule `{times?, match?, ...script}`, an array of them, or
 * `{rules: [...], settings: {...}}`. `times` defaults to 1; null means until reset. Unknown fields are a problem.
 */
export function readControl(body: unknown): ControlRequest | { problem: string } {
  const settings = isObject(body) && 'settings' in body ? body.settings : {}
  if (!isObject(settings)) return { problem: 'settings is an object' }
  const wrong = problemWith(settings, SETTINGS)
  if (wrong !== null) return { problem: `settings: ${wrong}` }
  const rules: Omit<ScriptRule, 'id'>[] = []
  for (const [index, item] of ruleBodies(body).entries()) {
    const rule = readRule(item)
    if ('problem' in rule) return { problem: `rule ${index}: ${rule.problem}` }
    rules.push(rule)
  }
  return { rules, settings: settings as Partial<Settings> }
}

function ruleBodies(body: unknown): unknown[] {
  if (Array.isArray(body)) return body
  if (!isObject(body)) return [body]
  if (Array.isArray(body.rules)) return body.rules
  if ('rules' in body) return [null]
  return 'settings' in body && Object.keys(body).length === 1 ? [] : [body]
}

function readRule(item: unknown): Omit<ScriptRule, 'id'> | { problem: string } {
  if (!isObject(item)) return { problem: 'a rule is an object' }
  const { times = 1, match = {}, ...rest }: JsonObject = item
  if (times !== null && !(isCount(times) && times !== 0)) return { problem: 'times is a whole number from 1, or null' }
  if (!isObject(match)) return { problem: 'match is an object' }
  const wrong = problemWith(match, MATCH)
  if (wrong !== null) return { problem: `match: ${wrong}` }
  const read = readScript(rest)
  if ('problem' in read) return read
  return { times: times as number | null, match, script: read.script }
}
