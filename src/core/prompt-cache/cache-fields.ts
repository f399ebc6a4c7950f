/**
 * The fields that steer a cache the provider keeps by itself: a key that sends the calls of a session to the same
 * machine, and for models that bill their cache writes how long an entry lives, or that none is written. A field the
 * client sets is the client's. It never touches the prompt.
 * https://developers.openai.com/api/docs/guides/prompt-caching
 */
import { shortHash } from '../chat/short-hash.ts'
import type { RequestScan } from '../dialects/request-scan.ts'
import type { Edit, FieldChange } from '../dialects/passthrough.ts'
import { asciiJson, bodyMembers, editObject } from '../dialects/passthrough.ts'
import type { ModelCapabilities } from '../routing/capabilities.ts'
import type { CacheLifetime } from './lifetime.ts'

export interface CacheFieldsInput {
  readonly scan: RequestScan
  readonly fields: NonNullable<ModelCapabilities['cacheFields']>
  /** The same for all calls that begin alike; not a name of anyone. */
  readonly cacheKey: string
  readonly lifetime: CacheLifetime
  /** Nobody will ask for this prompt again: writing it would only cost. */
  readonly once: boolean
}

export interface PlannedFields {
  readonly edits: readonly Edit[]
  /** `key`, `12h` or `unwritten`. */
  readonly names: readonly string[]
}

/**
 * The key of a thread's calls. Each sub-agent has its own: it begins with other instructions, and many of them at once
 * would overrun the machine of one key (about 15 calls a minute). Threads that fork share their beginning, and so a key.
 */
export function threadCacheKey(sessionName: string, threadHint: string | null): string {
  return `hg-${shortHash(threadHint === null ? sessionName : `${sessionName} ${threadHint}`)}`
}

/** The fields to add; none where the client's own, or the provider's defaults, are as good. */
export function planCacheFields({ scan, fields, cacheKey, lifetime, once }: CacheFieldsInput): PlannedFields {
  const changes = new Map<string, FieldChange>()
  const names: string[] = []
  const add = (name: string, field: string, value: unknown): void => {
    changes.set(field, asciiJson(value))
    names.push(name)
  }
  if (fields.includes('prompt_cache_key') && !once && !scan.fields.has('prompt_cache_key')) {
    add('key', 'prompt_cache_key', cacheKey)
  }
  const ownOptions = scan.fields.has('prompt_cache_options') || scan.cacheMarks > 0
  if (fields.includes('prompt_cache_options') && !ownOptions) {
    if (once) add('unwritten', 'prompt_cache_options', { mode: 'explicit' })
    else if (lifetime === 'long') add('12h', 'prompt_cache_options', { mode: 'implicit', ttl: '12h' })
  }
  return changes.size === 0
    ? { edits: [], names }
    : { edits: editObject(bodyMembers(scan.body, scan.fields), changes), names }
}
