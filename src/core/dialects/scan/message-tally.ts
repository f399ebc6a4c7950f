/**
 * Counts what one message holds while it is read, and keeps the history's shapes and rolling hashes.
 * It decides what a message weighs; it never looks at a text.
 */
import type { ByteRange } from '../body-text.ts'
import type { MessageShape } from '../request-scan.ts'
import { finishHash, SEED_A, SEED_B } from './hash-lanes.ts'
import type { JsonWalker } from './json-walker.ts'

/** The counts of the message being read. */
export class MessageTally {
  /** Blocks of the content; a plain string is one. */
  blocks = 0
  textBytes = 0
  resultBytes = 0
  inputBytes = 0
  toolCalls = 0
  toolResults = 0
  toolErrors = 0
  images = 0
  documents = 0
  thinkingBlocks = 0
  cacheMarks = 0
  /** Thinking blocks that carry a signature or encrypted content. */
  signed = 0
  role = ''
  /** Id of a stored item that the message only refers to; '' if it holds what it says. */
  reference = ''
  /** Where the first texts stand, quotes excluded. */
  readonly texts: ByteRange[] = []
}

const INSTRUCTION_ROLES: ReadonlySet<string> = new Set(['system', 'developer'])

/** The history as it is read: one shape and one rolling hash a message. */
export class Conversation {
  readonly messages: MessageShape[] = []
  readonly prefixHashes: number[] = []
  /** How many messages at the start are instructions (`system`, `developer`), and the bytes of their texts. */
  leadingInstructions = 0
  leadingBytes = 0
  /** Where the first texts of those messages stand. */
  readonly leadingTexts: ByteRange[] = []
  /** Hash lanes over those leading messages. */
  leadingA: number = SEED_A
  leadingB: number = SEED_B
  lastAssistant = -1
  instructionsInside = false
  images = 0
  documents = 0
  cacheMarks = 0
  signed = 0
  /** The last stored item that is only referred to; '' if none is. */
  reference = ''
  private prefixA: number = SEED_A
  private prefixB: number = SEED_B

  /** Adds the message just read: the walker's hash is the message's own. */
  add(walker: JsonWalker, range: ByteRange, tally: MessageTally): void {
    const ownA = walker.hashA
    const ownB = walker.hashB
    walker.hashA = this.prefixA
    walker.hashB = this.prefixB
    walker.mix(ownA, ownB)
    this.prefixA = walker.hashA
    this.prefixB = walker.hashB
    const index = this.messages.length
    if (INSTRUCTION_ROLES.has(tally.role)) this.addInstructions(index, tally)
    if (tally.role === 'assistant') this.lastAssistant = index
    this.images += tally.images
    this.documents += tally.documents
    this.cacheMarks += tally.cacheMarks
    this.signed += tally.signed
    if (tally.reference !== '') this.reference = tally.reference
    this.prefixHashes.push(finishHash(this.prefixA, this.prefixB))
    const { role, blocks, textBytes, toolCalls, toolResults, toolErrors, images, documents } = tally
    const { resultBytes, inputBytes, thinkingBlocks, cacheMarks } = tally
    this.messages.push({
      role,
      range,
      blocks,
      textBytes,
      resultBytes,
      inputBytes,
      toolCalls,
      toolResults,
      toolErrors,
      images,
      documents,
      thinkingBlocks,
      cacheMarks,
    })
  }

  private addInstructions(index: number, tally: MessageTally): void {
    if (index !== this.leadingInstructions) {
      this.instructionsInside = true
      return
    }
    this.leadingInstructions++
    this.leadingBytes += tally.textBytes
    this.leadingTexts.push(...tally.texts)
    this.leadingA = this.prefixA
    this.leadingB = this.prefixB
  }
}
