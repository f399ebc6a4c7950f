/**
 * `role: "system"` messages inside an Anthropic conversation, for models that reject the role or what such a message
 * may carry (an effort of its own, changes of the tools). A message's text is never rewritten.
 * API: https://platform.claude.com/docs/en/api/messages.
 */
import type { AdaptInput, AdaptationDraft } from '../adaptation.ts'
import { acceptedEffort } from '../adaptation.ts'
import { asUserMessage } from '../instructions-in-messages.ts'
import type { ObjectMembers } from '../json-members.ts'
import { memberValue, objectMembers, smallValue } from '../json-members.ts'
import { asciiJson, editField, removeElements } from '../passthrough.ts'
import { isRejectedBeta } from './betas.ts'

/** Betas that gave a message an effort of its own. */
const MESSAGE_EFFORT_BETAS = ['per-turn-control', 'mid-conversation-output-config']

/** What was done, counted over the messages. */
interface Tally {
  asUser: number
  effortsDropped: number
  effortsLowered: number
  /** Messages that are nothing without what was taken from them. */
  readonly gone: Set<number>
}

interface Place {
  readonly index: number
  readonly message: ObjectMembers
  readonly tally: Tally
}

/** Adapts every `role: "system"` message of the conversation; leaves all others alone. */
export function adaptInstructions(draft: AdaptationDraft, input: AdaptInput): void {
  const { bytes } = input.scan.body
  const tally: Tally = { asUser: 0, effortsDropped: 0, effortsLowered: 0, gone: new Set() }
  const adaptOne = input.capabilities.systemInMessages ? adaptMessageEffort : convert
  for (const [index, shape] of input.scan.messages.entries()) {
    if (shape.role !== 'system') continue
    const message = objectMembers(bytes, shape.range.start)
    if (message !== null) adaptOne(draft, input, { index, message, tally })
  }
  const ranges = input.scan.messages.map((shape) => shape.range)
  draft.inner.push(...removeElements(ranges, tally.gone))
  note(draft, tally)
}

function convert(draft: AdaptationDraft, input: AdaptInput, { index, message, tally }: Place): void {
  const edits = asUserMessage(input.scan.body.bytes, message)
  if (memberValue(message, 'output_config') !== undefined) tally.effortsDropped += 1
  if (edits === 'not-text') draft.notServable = 'tool_changes_in_messages'
  else if (edits === 'empty') tally.gone.add(index)
  else {
    draft.inner.push(...edits)
    tally.asUser += 1
  }
}

function adaptMessageEffort(draft: AdaptationDraft, input: AdaptInput, { index, message, tally }: Place): void {
  const { bytes } = input.scan.body
  const config = memberValue(message, 'output_config')
  if (config === undefined) return
  if (MESSAGE_EFFORT_BETAS.some((beta) => isRejectedBeta(beta, input.capabilities))) {
    tally.effortsDropped += 1
    if (memberValue(message, 'content') === undefined) tally.gone.add(index)
    else draft.inner.push(...editField(message, 'output_config', null))
    return
  }
  const members = objectMembers(bytes, config.start)
  const asked = smallValue(bytes, memberValue(members, 'effort'))
  if (members === null || typeof asked !== 'string') return
  const sent = acceptedEffort(asked, input.capabilities.efforts)
  if (sent === asked) return
  tally.effortsLowered += 1
  draft.inner.push(...editField(members, 'effort', sent === null ? null : asciiJson(sent)))
}

function note(draft: AdaptationDraft, tally: Tally): void {
  if (tally.asUser > 0) draft.adaptations.push(`system_messages:as_user(${tally.asUser})`)
  if (tally.effortsDropped > 0) draft.adaptations.push(`message_effort:dropped(${tally.effortsDropped})`)
  if (tally.effortsLowered > 0) draft.adaptations.push(`message_effort:lowered(${tally.effortsLowered})`)
  if (tally.gone.size > 0) draft.adaptations.push(`system_messages:removed(${tally.gone.size})`)
}
