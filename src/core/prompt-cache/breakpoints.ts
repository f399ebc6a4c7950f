/**
 * Where cache marks go in a Messages request whose client sets none or leaves the end of its conversation uncached. The
 * client's own marks stay and count: at most four in all, one hour before five minutes. A planned mark never changes
 * what the model reads, so no cache and no signature is lost by it. The same conversation always gets the same marks.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
import type { ByteRange } from '../dialects/body-text.ts'
import { memberValue, objectMembers } from '../dialects/json-members.ts'
import type { Edit } from '../dialects/passthrough.ts'
import type { RequestScan } from '../dialects/request-scan.ts'
import { weighBytes } from '../tokens/byte-weights.ts'
import { weighMessage, weighStatic } from '../tokens/request-weight.ts'
import { contentBlocks, markEdits, toolBlocks, type PromptBlock } from './markable-blocks.ts'
import type { CacheLifetime } from './lifetime.ts'

/** What a planned mark is for, in the order in which they win a free place. */
export type MarkPlace = 'tail' | 'bridge' | 'system' | 'tools'

export interface PlannedMark {
  readonly place: MarkPlace
  readonly lifetime: CacheLifetime
  readonly edits: readonly Edit[]
}

export interface BreakpointInput {
  readonly scan: RequestScan
  readonly lifetime: CacheLifetime
  /** Tokens of the model for a weighed byte of text. */
  readonly tokensPerByte: number
  readonly minCacheTokens: number
  /** How many of the first messages the model already has cached; null: what the last answer was given to. */
  readonly warmMessages: number | null
  /** Edits that are made for other reasons: no mark goes into what they take away. */
  readonly taken: readonly Edit[]
}

/** Marks that a request may carry, the client's own included. */
export const MOST_MARKS = 4

/** A mark finds an entry at most so many positions before it, its own counted. */
const LOOKBACK = 20

/** Where a message has no block that takes a mark, so many before it are looked at. */
const MESSAGES_BACK = 2

/** Blocks of these types that follow each other are one position. */
const RUNS = new Set(['tool_use', 'tool_result'])

/** Sizes are estimates: a mark that turns out too early costs nothing, one that is missing costs a cache. */
const NEARLY = 0.75

/** The marks to add, the one that matters most first; none where the client's own are enough. */
export function planBreakpoints(input: BreakpointInput): PlannedMark[] {
  const { scan } = input
  const free = MOST_MARKS - scan.cacheMarks
  if (free <= 0) return []
  const wanted = wantedMarks(input).slice(0, free)
  if (wanted.length === 0) return []
  const own = scan.cacheMarks === 0 ? [] : ownMarks(scan)
  return wanted.flatMap(({ place, block, order }) => {
    const lifetime = legalLifetime(order, own, input.lifetime)
    return lifetime === null ? [] : [{ place, lifetime, edits: markEdits(block, lifetime) }]
  })
}

interface WantedMark {
  readonly place: MarkPlace
  readonly block: PromptBlock
  /** Where it stands in the prompt: tools, system, messages. */
  readonly order: number
}

interface MessageMark extends WantedMark {
  readonly message: number
}

function wantedMarks(input: BreakpointInput): WantedMark[] {
  const { scan } = input
  const tail = tailOf(input)
  if (tail === null) return []
  const bridge = bridgeOf(input, tail)
  const marks = scan.tailMarked ? [bridge] : [tail, bridge, systemEnd(input), toolsEnd(input)]
  return marks.filter((mark) => mark !== null && mark.block.marked === null) as WantedMark[]
}

/** The newest message that later requests will hold unchanged: a prefill is not, its answer goes on in the same block. */
function tailOf(input: BreakpointInput): MessageMark | null {
  const { messages } = input.scan
  const bytes = messages.reduce((sum, message) => sum + weighMessage(message), weighStatic(input.scan))
  if (!isLongEnough(input, bytes)) return null
  return markAtOrBefore(input, 'tail', lastSaid(input.scan, messages.length))
}

/** The last block that takes a mark, of a message or of the ones close before it. */
function markAtOrBefore(input: BreakpointInput, place: MarkPlace, end: number): MessageMark | null {
  for (let message = end; message >= 0 && message >= end - MESSAGES_BACK; message -= 1) {
    const block = messageBlocks(input.scan, message).findLast((one) => one.markable && !isTaken(one, input.taken))
    if (block !== undefined) return { place, block, order: orderOf(message), message }
  }
  return null
}

/**
 * A mark at the end of what is already cached, where the new part is longer than a mark looks back: many calls and
 * answers in one turn, or turns that another model has answered since.
 */
function bridgeOf(input: BreakpointInput, tail: MessageMark): WantedMark | null {
  const { scan } = input
  const cachedUpTo = lastSaid(scan, input.warmMessages ?? lastAnswerBefore(scan, tail.message))
  if (isSurelyInReach(scan, cachedUpTo, tail.message)) return null
  const bridge = cachedUpTo < tail.message ? markAtOrBefore(input, 'bridge', cachedUpTo) : null
  return bridge === null || isInReach(scan, bridge, tail) ? null : bridge
}

/** The newest of the first `count` messages that is not the model's: there the tail of that request was. */
function lastSaid({ messages }: RequestScan, count: number): number {
  return messages.slice(0, Math.max(count, 0)).findLastIndex(({ role }) => role !== 'assistant')
}

function lastAnswerBefore({ messages }: RequestScan, tail: number): number {
  return messages.slice(0, tail).findLastIndex(({ role }) => role === 'assistant')
}

/** By the counts of blocks alone, which most turns are told by: a mark is set at most two messages before `from`. */
function isSurelyInReach({ messages }: RequestScan, from: number, to: number): boolean {
  const between = messages.slice(Math.max(0, from - MESSAGES_BACK), to + 1)
  return between.reduce((sum, { blocks }) => sum + Math.max(1, blocks), 0) < LOOKBACK
}

/** Whether a lookup from the one mark finds an entry at the other. */
function isInReach(scan: RequestScan, from: MessageMark, to: MessageMark): boolean {
  let positions = 0
  let before = ''
  for (let message = to.message; message >= from.message && positions < LOOKBACK; message -= 1) {
    const blocks = messageBlocks(scan, message).toReversed()
    // A message without content (an effort of its own) is a position too.
    if (blocks.length === 0) positions += 1
    for (const { type, range } of blocks) {
      if (range.start === from.block.range.start) break
      if (message === to.message && range.start > to.block.range.start) continue
      if (type !== before || !RUNS.has(type)) positions += 1
      before = type
    }
  }
  return positions < LOOKBACK
}

function systemEnd(input: BreakpointInput): WantedMark | null {
  const { scan } = input
  if (!isLongEnough(input, weighStatic(scan))) return null
  const blocks = contentBlocks(scan.body.bytes, scan.fields.get('system'))
  return freeEnd(input, 'system', blocks)
}

function toolsEnd(input: BreakpointInput): WantedMark | null {
  const { scan } = input
  const { toolRanges } = scan
  if (!isLongEnough(input, weighBytes('tools', scan.toolsBytes))) return null
  const endOf = (ranges: readonly ByteRange[]) => freeEnd(input, 'tools', toolBlocks(scan.body.bytes, ranges))
  if (scan.toolMarks > 0) return endOf(toolRanges)
  // None is marked, so they are walked from the end, as far as it takes.
  for (let tool = toolRanges.length - 1; tool >= 0; tool -= 1) {
    const end = endOf(toolRanges.slice(tool, tool + 1))
    if (end !== null) return end
  }
  return null
}

/** The last block, unless the client marks this part of the prompt itself. */
function freeEnd(
  { taken }: BreakpointInput,
  place: 'system' | 'tools',
  blocks: readonly PromptBlock[],
): WantedMark | null {
  if (blocks.some(({ marked }) => marked !== null)) return null
  const block = blocks.findLast((one) => one.markable && !isTaken(one, taken))
  return block === undefined ? null : { place, block, order: place === 'tools' ? TOOLS : SYSTEM }
}

function isLongEnough({ tokensPerByte, minCacheTokens }: BreakpointInput, bytes: number): boolean {
  return bytes * tokensPerByte >= minCacheTokens * NEARLY
}

function isTaken(block: PromptBlock, taken: readonly Edit[]): boolean {
  const { start, end } = block.range
  return taken.some((edit) => edit.start <= start && edit.end >= end)
}

const TOOLS = 0
const SYSTEM = 1

function orderOf(message: number): number {
  return SYSTEM + 1 + message
}

interface OwnMark {
  readonly order: number
  readonly lifetime: CacheLifetime
}

/** The client's own marks. The one at the top level stands at the end, where nothing is planned beside it. */
function ownMarks(scan: RequestScan): OwnMark[] {
  const { bytes } = scan.body
  const marks: OwnMark[] = []
  const add = (order: number, blocks: readonly PromptBlock[]): void => {
    for (const { marked } of blocks) if (marked !== null) marks.push({ order, lifetime: marked })
  }
  if (scan.toolMarks > 0) add(TOOLS, toolBlocks(bytes, scan.toolRanges))
  add(SYSTEM, contentBlocks(bytes, scan.fields.get('system')))
  for (const [message, shape] of scan.messages.entries()) {
    if (shape.cacheMarks > 0) add(orderOf(message), messageBlocks(scan, message))
  }
  const top = topMark(scan)
  if (top !== null) marks.push({ order: Infinity, lifetime: top })
  if (marks.length >= scan.cacheMarks) return marks
  // Some are where no block is looked for, inside of a tool's result: they may stand anywhere.
  const hidden: OwnMark[] = [{ order: TOOLS, lifetime: 'short' }]
  if (scan.longLivedMarks) hidden.push({ order: Infinity, lifetime: 'long' })
  return [...marks, ...hidden]
}

function topMark(scan: RequestScan): CacheLifetime | null {
  const range = scan.fields.get('cache_control')
  if (range === undefined) return null
  const { bytes } = scan.body
  const ttl = memberValue(objectMembers(bytes, range.start), 'ttl')
  return ttl !== undefined && scan.body.decode(ttl.start, ttl.end) === '"1h"' ? 'long' : 'short'
}

/** One hour never comes after five minutes; null: no lifetime is legal there. */
function legalLifetime(order: number, own: readonly OwnMark[], wish: CacheLifetime): CacheLifetime | null {
  const shortBefore = own.some((mark) => mark.order <= order && mark.lifetime === 'short')
  const longAfter = own.some((mark) => mark.order >= order && mark.lifetime === 'long')
  if (shortBefore && longAfter) return null
  return longAfter ? 'long' : shortBefore ? 'short' : wish
}

function messageBlocks(scan: RequestScan, message: number): PromptBlock[] {
  const shape = scan.messages[message]
  const members = shape === undefined ? null : objectMembers(scan.body.bytes, shape.range.start)
  return contentBlocks(scan.body.bytes, memberValue(members, 'content'))
}
