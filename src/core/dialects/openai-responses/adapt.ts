/**
 * A Responses request made acceptable to the model that will answer it: output limit, reasoning, sampling, verbosity.
 * Of the history only reasoning that another provider has sealed is ever touched. API: https://developers.openai.com/api/reference/responses.
 */
import type { AdaptInput, Adaptation, AdaptationDraft } from '../adaptation.ts'
import {
  acceptedEffort,
  dropInner,
  dropSampling,
  finishAdaptation,
  innerObject,
  isRerouted,
  limitOutput,
  noteEffort,
  noteForeign,
  startAdaptation,
} from '../adaptation.ts'
import { convertInstructions } from '../instructions-in-messages.ts'
import { arrayElements, memberValue, smallValue } from '../json-members.ts'
import { asciiJson, editField, removeElements } from '../passthrough.ts'

const SAMPLING = ['temperature', 'top_p', 'top_logprobs']

const ENCRYPTED_REASONING = 'reasoning.encrypted_content'

/** The edits for one target; see `Adaptation`. */
export function adaptRequest(input: AdaptInput): Adaptation {
  const draft = startAdaptation(input)
  limitOutput(draft, input, 'max_output_tokens')
  dropForeignReasoning(draft, input)
  if (isRerouted(input)) {
    if (input.capabilities.efforts.length === 0) dropReasoning(draft, input)
    else adaptEffort(draft, input)
    if (!input.capabilities.sampling) dropSampling(draft, input, SAMPLING)
    if (!input.capabilities.systemInMessages) convertInstructions(draft, input)
  }
  return finishAdaptation(draft)
}

/** Each reasoning item stands by itself. */
function dropForeignReasoning(draft: AdaptationDraft, { scan, foreign }: AdaptInput): void {
  if (foreign === undefined || foreign.size === 0) return
  const items = scan.messages.map(({ range }) => range)
  draft.inner.push(...removeElements(items, foreign))
  noteForeign(draft, foreign.size)
}

function adaptEffort(draft: AdaptationDraft, input: AdaptInput): void {
  const asked = input.scan.needs.effort
  const reasoning = innerObject(input, input.scan.fields.get('reasoning'))
  if (asked === null || reasoning === null) return
  const sent = acceptedEffort(asked, input.capabilities.efforts)
  if (sent === asked || sent === null) return
  draft.inner.push(...editField(reasoning, 'effort', asciiJson(sent)))
  noteEffort(draft, asked, sent)
}

/** A model that does not reason rejects the reasoning object, encrypted reasoning in the answer, and verbosity. */
function dropReasoning(draft: AdaptationDraft, input: AdaptInput): void {
  if (input.scan.fields.has('reasoning')) {
    draft.changes.set('reasoning', null)
    draft.adaptations.push('reasoning:dropped')
    if (input.scan.needs.effort !== 'none') draft.lost.push('reasoning')
  }
  dropEncryptedReasoning(draft, input)
  const text = innerObject(input, input.scan.fields.get('text'))
  if (memberValue(text, 'verbosity') !== undefined) {
    dropInner(draft, input, { field: 'text', name: 'verbosity' })
    draft.adaptations.push('verbosity:dropped')
    draft.lost.push('verbosity')
  }
}

function dropEncryptedReasoning(draft: AdaptationDraft, input: AdaptInput): void {
  const include = input.scan.fields.get('include')
  const elements = include === undefined ? null : arrayElements(input.scan.body.bytes, include.start)
  if (elements === null) return
  const gone = new Set<number>()
  for (const [index, element] of elements.entries()) {
    if (smallValue(input.scan.body.bytes, element) === ENCRYPTED_REASONING) gone.add(index)
  }
  if (gone.size === 0) return
  if (gone.size === elements.length) draft.changes.set('include', null)
  else draft.inner.push(...removeElements(elements, gone))
  draft.adaptations.push('include:encrypted_reasoning_dropped')
}
