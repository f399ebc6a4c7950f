/**
 * Collects the small fields by which clients name their users, sessions and caches.
 * It decides what is small enough to keep; what a name means is an agent adapter's business.
 */
import type { FieldValues } from './request-fields.ts'
import { recordOf } from './parsed-values.ts'

/** Top-level strings clients identify themselves by, in any dialect. */
const TEXT_FIELDS = ['prompt_cache_key', 'user', 'safety_identifier', 'session_id', 'conversation'] as const

/** Top-level objects whose strings do so; their members are named `object.member`. */
const RECORD_FIELDS = ['metadata', 'client_metadata'] as const

const MEMBERS_KEPT = 24
const CHARACTERS_KEPT = 2_048

/** Identity strings by field name; longer ones than any id needs are left out. */
export function readIdentity(values: FieldValues): Record<string, string> {
  const identity: Record<string, string> = {}
  for (const field of TEXT_FIELDS) {
    const text = values.text(field)
    if (text !== null && text.length <= CHARACTERS_KEPT) identity[field] = text
  }
  for (const field of RECORD_FIELDS) {
    for (const [member, value] of Object.entries(recordOf(values.json(field))).slice(0, MEMBERS_KEPT)) {
      if (typeof value === 'string' && value.length <= CHARACTERS_KEPT) identity[`${field}.${member}`] = value
    }
  }
  return identity
}
