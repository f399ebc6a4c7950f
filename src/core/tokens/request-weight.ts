/**
 * What a request weighs, part by part: the history by the kinds of its texts, the new part by how its texts look. It
 * decides nothing; what the weight is in tokens is for the session to say, which has seen the provider's counts.
 */
import type { MessageShape, RequestScan } from '../dialects/request-scan.ts'
import { textureWeight, weighBytes, weighImages } from './byte-weights.ts'
import { textureOf } from './text-texture.ts'

/** Weighed bytes (`byte-weights.ts`). */
export interface RequestWeight {
  /** Tools and system. */
  readonly staticBytes: number
  /** Messages, and their pictures. */
  readonly conversationBytes: number
  /** The messages since the last answer: a part of the conversation. */
  readonly addedBytes: number
}

export function weighRequest(scan: RequestScan): RequestWeight {
  const { messages, leadingInstructions } = scan
  const added = Math.max(scan.lastAssistant + 1, leadingInstructions)
  let earlierBytes = 0
  for (let index = leadingInstructions; index < added; index++) earlierBytes += weighMessage(messages[index])
  const addedBytes = Math.round(weighAdded(scan, added))
  return {
    staticBytes: Math.round(weighStatic(scan)),
    conversationBytes: Math.round(earlierBytes) + addedBytes,
    addedBytes,
  }
}

export function weighStatic({ systemBytes, toolsBytes }: Pick<RequestScan, 'systemBytes' | 'toolsBytes'>): number {
  return weighBytes('system', systemBytes) + weighBytes('tools', toolsBytes)
}

/** A message by the kinds of its texts. */
export function weighMessage(message: MessageShape | undefined): number {
  if (message === undefined) return 0
  const { textBytes, resultBytes, inputBytes, images } = message
  return (
    weighBytes('said', textBytes - resultBytes - inputBytes) +
    weighBytes('input', inputBytes) +
    weighBytes('result', resultBytes) +
    weighImages(images)
  )
}

/** The messages from that one on. Their texts have been parsed, so that a look at them costs no pass over the body. */
function weighAdded({ messages, news, lastAssistant }: RequestScan, first: number): number {
  const texts = news
    .slice(first - lastAssistant - 1)
    .flatMap(({ blocks }) => blocks.flatMap((block) => ('text' in block ? [block.text] : [])))
  const weight = textureWeight(textureOf(texts))
  let bytes = 0
  for (let index = first; index < messages.length; index++) {
    const message = messages[index]
    bytes +=
      weight === null || message === undefined
        ? weighMessage(message)
        : message.textBytes * weight + weighImages(message.images)
  }
  return bytes
}
