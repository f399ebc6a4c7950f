/**
 * A request written for one model, made acceptable to another: what the dialects' adaptations share. The same request
 * and target always give the same edits, since a changed effort or thinking kind costs the target's cache. A request
 * for the model it names is left as it is. Text is never rewritten; what cannot be carried is named, never hidden.
 */
import type { ModelCapabilities } from '../routing/capabilities.ts'
import type { Edit, FieldChange } from './passthrough.ts'
import { asciiJson, bodyMembers, editObject } from './passthrough.ts'
import { memberValue, objectMembers, smallValue } from './json-members.ts'
import type { ByteRange } from './body-text.ts'
import type { ObjectMembers } from './json-members.ts'
import type { RequestScan } from './request-scan.ts'

export interface AdaptInput {
  readonly scan: RequestScan
  /** The provider's exact id of the model that will answer. */
  readonly modelId: string
  readonly capabilities: ModelCapabilities
  /** The client's headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The most output tokens that what is left of the budgets pays for; null or absent: no such limit. */
  readonly maxOutputTokens?: number | null
  /** The request was written in another dialect: it is adapted even to the model it names. */
  readonly translated?: boolean
  /** Messages with reasoning that another provider has sealed: it is left out, since this one refuses what it cannot open. */
  readonly foreign?: ReadonlySet<number>
  /** The answer is to come as a stream although the client asked for none. */
  readonly collected?: boolean
}

/**
 * Why a request cannot be made to fit although the model has every ability it needs (those are `eligible.ts`'s):
 * the budgets pay for no answer beyond the thinking, or the conversation changes the tools in a message that the model
 * cannot be given.
 */
export type NotServable = 'budget_below_thinking' | 'tool_changes_in_messages'

export interface Adaptation {
  readonly edits: readonly Edit[]
  /** Headers to send otherwise than they came, names in lower case; null: not at all. */
  readonly headers: Readonly<Record<string, string | null>>
  /** Short codes for the decision record, such as `max_tokens:128000->64000`. */
  readonly adaptations: readonly string[]
  /** What the client asked for and will not get. */
  readonly lost: readonly string[]
  /** The stream will carry a usage chunk the client did not ask for: the meter takes it out again. */
  readonly usageChunkAdded: boolean
  /** Set where no edit makes the request fit: the edits must not be sent. */
  readonly notServable: NotServable | null
}

/** An adaptation in the making. */
export interface AdaptationDraft {
  readonly object: ObjectMembers
  /** Changes of top-level fields; they become edits at the end. */
  readonly changes: Map<string, FieldChange>
  /** Edits inside top-level values that stay. */
  readonly inner: Edit[]
  readonly headers: Record<string, string | null>
  readonly adaptations: string[]
  readonly lost: string[]
  usageChunkAdded: boolean
  notServable: NotServable | null
}

/** The request was not written for the model that will answer. */
export function isRerouted(input: AdaptInput): boolean {
  return input.translated === true || input.scan.model !== input.modelId
}

export function startAdaptation(input: AdaptInput): AdaptationDraft {
  const changes = new Map<string, FieldChange>()
  if (isRerouted(input)) changes.set('model', asciiJson(input.modelId))
  if (input.collected === true) changes.set('stream', 'true')
  return {
    object: bodyMembers(input.scan.body, input.scan.fields),
    changes,
    inner: [],
    headers: {},
    adaptations: input.collected === true ? ['stream:collected'] : [],
    lost: [],
    usageChunkAdded: false,
    notServable: null,
  }
}

export function finishAdaptation(draft: AdaptationDraft): Adaptation {
  return {
    edits: [...editObject(draft.object, draft.changes), ...draft.inner],
    headers: draft.headers,
    adaptations: draft.adaptations,
    lost: draft.lost,
    usageChunkAdded: draft.usageChunkAdded,
    notServable: draft.notServable,
  }
}

/**
 * The output limit after the model's maximum (for a rerouted request) and the budget's; sets the field where it
 * changes, and where the budget limits a request that named none. Null: no limit.
 */
export function limitOutput(draft: AdaptationDraft, input: AdaptInput, fieldIfAbsent: string): number | null {
  const asked = input.scan.outputLimit
  const ceilings = [asked?.tokens, input.maxOutputTokens]
  if (isRerouted(input) && asked !== null) ceilings.push(input.capabilities.maxOutputTokens)
  const limit = ceilings.reduce<number>((least, one) => Math.min(least, one ?? Infinity), Infinity)
  if (limit === Infinity) return null
  const field = asked?.field ?? fieldIfAbsent
  if (limit !== asked?.tokens) {
    draft.changes.set(field, String(limit))
    draft.adaptations.push(`${field}:${asked?.tokens ?? 'none'}->${limit}`)
  }
  return limit
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/**
 * The level to send: the one asked for, else the highest accepted below it, else the lowest accepted. Null: the model
 * takes none. `highest`: no level above this one, where the model sets such a bound.
 */
export function acceptedEffort(
  asked: string,
  accepted: readonly string[],
  highest: string | null = null,
): string | null {
  const bound = highest === null ? Infinity : EFFORTS.indexOf(highest)
  if (accepted.includes(asked) && EFFORTS.indexOf(asked) <= bound) return asked
  const ceiling = Math.min(EFFORTS.indexOf(asked), bound)
  const known = EFFORTS.filter((level) => accepted.includes(level))
  return known.findLast((level) => EFFORTS.indexOf(level) <= ceiling) ?? known[0] ?? null
}

/** Records that reasoning of another provider was left out. */
export function noteForeign(draft: AdaptationDraft, messages: number): void {
  draft.adaptations.push(`reasoning:of_another_provider_dropped(${messages})`)
  draft.lost.push('reasoning')
}

/** Records how an asked effort became another. */
export function noteEffort(draft: AdaptationDraft, asked: string, sent: string | null): void {
  draft.adaptations.push(sent === null ? 'effort:dropped' : `effort:${asked}->${sent}`)
  draft.lost.push('effort')
}

/** Removes those of the named fields that are present. A value of 1 is the default of temperature and top_p. */
export function dropSampling(draft: AdaptationDraft, input: AdaptInput, names: readonly string[]): void {
  const present = names.filter((name) => input.scan.fields.has(name))
  if (present.length === 0) return
  for (const name of present) {
    draft.changes.set(name, null)
    if (smallValue(input.scan.body.bytes, input.scan.fields.get(name)) !== 1) draft.lost.push(name)
  }
  draft.adaptations.push(`sampling:dropped(${present.join(',')})`)
}

/** The members of an object inside the body; null where there is none. */
export function innerObject(input: AdaptInput, range: ByteRange | undefined): ObjectMembers | null {
  return range === undefined ? null : objectMembers(input.scan.body.bytes, range.start)
}

/** Removes one member of an object field, and the field itself when nothing would be left in it. */
export function dropInner(
  draft: AdaptationDraft,
  input: AdaptInput,
  { field, name }: { readonly field: string; readonly name: string },
): void {
  const inner = innerObject(input, input.scan.fields.get(field))
  if (inner === null || memberValue(inner, name) === undefined) return
  if (inner.members.every((member) => member.name === name)) draft.changes.set(field, null)
  else draft.inner.push(...editObject(inner, new Map([[name, null]])))
}
