/**
 * A legacy completion made acceptable to a provider that offers it: only the model's
 * name, a lower limit, and usage on a stream.
 */
import { objectOf } from '../../chat/json-value.ts'
import { objectMembers } from '../json-members.ts'
import { applyEdits, asciiJson, editObject } from '../passthrough.ts'
import { asksForUsage, type CompletionRequest } from './completion-request.ts'

export interface AdaptedCompletion {
  readonly body: Uint8Array
  /** The stream ends with a chunk of usage that the client did not ask for. */
  readonly usageChunkAdded: boolean
}

export interface CompletionTarget {
  readonly modelId: string
  /** The most tokens it may be answered with; null: as many as the client asks for. */
  readonly maxTokens: number | null
}

/** @param completion the client's bytes, and what was read of them */
export function adaptCompletion(
  { bytes, request }: { readonly bytes: Uint8Array; readonly request: CompletionRequest },
  { modelId, maxTokens }: CompletionTarget,
): AdaptedCompletion {
  const object = objectMembers(bytes, 0)
  if (object === null) throw new RangeError('the body is not a JSON object')
  const { body } = request
  const changes = new Map<string, string>()
  if (body['model'] !== modelId) changes.set('model', asciiJson(modelId))
  if (maxTokens !== null && maxTokens < request.maxTokens) changes.set('max_tokens', String(maxTokens))
  const usageChunkAdded = body['stream'] === true && !asksForUsage(body)
  if (usageChunkAdded) {
    changes.set('stream_options', asciiJson({ ...objectOf(body['stream_options']), include_usage: true }))
  }
  return { body: applyEdits(bytes, editObject(object, changes)), usageChunkAdded }
}
