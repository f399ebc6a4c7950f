/**
 * A Chat Completions request made acceptable to the model that will answer it: output limit under the name the model
 * knows, reasoning effort, sampling, instructions inside the conversation. On a stream it asks for the usage chunk,
 * without which a call cannot be billed. API: https://developers.openai.com/api/reference/chat-completions.
 */
import type { AdaptInput, Adaptation, AdaptationDraft } from '../adaptation.ts'
import {
  acceptedEffort,
  dropSampling,
  finishAdaptation,
  innerObject,
  isRerouted,
  limitOutput,
  noteEffort,
  startAdaptation,
} from '../adaptation.ts'
import { convertInstructions } from '../instructions-in-messages.ts'
import { memberValue, smallValue } from '../json-members.ts'
import { asciiJson, editField } from '../passthrough.ts'

/** Rejected together by models that only reason. */
const SAMPLING = [
  'temperature',
  'top_p',
  'top_k',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
]

const LIMITS = ['max_tokens', 'max_completion_tokens'] as const

/** The edits for one target; see `Adaptation`. */
export function adaptRequest(input: AdaptInput): Adaptation {
  const draft = startAdaptation(input)
  const limit = limitOutput(draft, input, input.capabilities.outputLimitField)
  if (isRerouted(input)) {
    adaptLimitField(draft, input, limit)
    adaptEffort(draft, input)
    if (!input.capabilities.sampling) dropSampling(draft, input, SAMPLING)
    if (!input.capabilities.systemInMessages) convertInstructions(draft, input)
  }
  if (input.scan.stream || input.collected === true) askForUsage(draft, input)
  return finishAdaptation(draft)
}

/** Newer models reject `max_tokens`, others know nothing else. */
function adaptLimitField(draft: AdaptationDraft, input: AdaptInput, limit: number | null): void {
  const wanted = input.capabilities.outputLimitField
  for (const field of LIMITS) {
    if (field === wanted || !input.scan.fields.has(field)) continue
    draft.changes.set(field, null)
    if (field !== input.scan.outputLimit?.field) continue
    draft.changes.set(wanted, String(limit))
    draft.adaptations.push(`limit_field:${field}->${wanted}`)
  }
}

function adaptEffort(draft: AdaptationDraft, input: AdaptInput): void {
  const asked = input.scan.needs.effort
  const { efforts, chatToolsEffort } = input.capabilities
  const withTools = input.scan.needs.tools ? chatToolsEffort : null
  if (withTools !== null && asked !== withTools) {
    draft.changes.set('reasoning_effort', asciiJson(withTools))
    draft.adaptations.push(`effort:${asked ?? 'default'}->${withTools}`)
    if (asked !== null) draft.lost.push('effort')
    return
  }
  if (efforts.length === 0 && input.scan.fields.has('verbosity')) {
    // Verbosity came with the reasoning models; the ones before reject it.
    draft.changes.set('verbosity', null)
    draft.adaptations.push('verbosity:dropped')
    draft.lost.push('verbosity')
  }
  if (asked === null) return
  const sent = acceptedEffort(asked, efforts)
  if (sent === asked) return
  draft.changes.set('reasoning_effort', sent === null ? null : asciiJson(sent))
  noteEffort(draft, asked, sent)
}

/** The last chunk of a stream carries the usage only on request. */
function askForUsage(draft: AdaptationDraft, input: AdaptInput): void {
  const options = innerObject(input, input.scan.fields.get('stream_options'))
  if (smallValue(input.scan.body.bytes, memberValue(options, 'include_usage')) === true) return
  if (options === null) draft.changes.set('stream_options', asciiJson({ include_usage: true }))
  else draft.inner.push(...editField(options, 'include_usage', 'true'))
  draft.usageChunkAdded = true
  draft.adaptations.push('usage_chunk:added')
}
