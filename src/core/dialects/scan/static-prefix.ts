/**
 * Reads what comes before the conversation: the tools, and system instructions that stand outside of the messages.
 * It decides the hash of that prefix (cache marks excluded) and its size; it never looks into a tool's schema.
 */
import type { ByteRange } from '../body-text.ts'
import { isCacheMark, readCacheMark, readContent, readTextBytes } from './content-reader.ts'
import { finishHash, mixLane, SEED_A, SEED_B } from './hash-lanes.ts'
import type { JsonWalker } from './json-walker.ts'
import { KeyNames } from './key-names.ts'
import { MessageTally } from './message-tally.ts'
import { readArray, readObject, type Overridden } from './object-reader.ts'
import { decodeString } from './string-text.ts'

const QUOTE = 0x22
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

const TOOL_KEYS = new KeyNames(['name', 'type', 'function', 'custom', 'cache_control', 'prompt_cache_breakpoint'])
const NAME_KEYS = new KeyNames(['name'])

export class StaticPrefix {
  readonly toolNames: string[] = []
  readonly toolRanges: ByteRange[] = []
  toolsBytes = 0
  systemBytes = 0
  /** Where the first texts of the system instructions stand. */
  systemTexts: readonly ByteRange[] = []
  cacheMarks = 0
  toolMarks = 0
  private toolsA: number = SEED_A
  private toolsB: number = SEED_B
  private systemA: number = SEED_A
  private systemB: number = SEED_B

  /** Reads a list of tools. False if it is no list (null apart). */
  readTools(walker: JsonWalker, overridden: Overridden | undefined): boolean {
    const start = walker.position
    const first = walker.peek()
    walker.seed()
    if (first === OPEN_ARRAY) {
      readArray(walker, () => {
        const isTool = walker.peek() === OPEN_OBJECT
        const toolStart = walker.position
        if (isTool) this.readTool(walker, overridden)
        else walker.value()
        this.toolRanges.push({ start: toolStart, end: walker.position })
      })
      this.toolsA = walker.hashA
      this.toolsB = walker.hashB
    } else walker.value()
    this.toolsBytes = walker.position - start
    return first === OPEN_ARRAY || first === 0x6e
  }

  /** Reads system instructions, a string or a list of text blocks. False if they are neither (null apart). */
  readSystem(walker: JsonWalker, overridden: Overridden | undefined): boolean {
    const tally = new MessageTally()
    walker.seed()
    const valid = readContent(walker, tally, overridden)
    this.systemA = walker.hashA
    this.systemB = walker.hashB
    this.systemBytes = tally.textBytes
    this.systemTexts = tally.texts
    this.cacheMarks += tally.cacheMarks
    return valid
  }

  /** One hash of tools, system and the instructions the conversation begins with, whatever order they stood in. */
  hash(leadingA: number, leadingB: number): number {
    const a = mixLane(mixLane(mixLane(SEED_A, this.toolsA), this.systemA), leadingA)
    const b = mixLane(mixLane(mixLane(SEED_B, this.toolsB), this.systemB), leadingB)
    return finishHash(a, b)
  }

  private readTool(walker: JsonWalker, overridden: Overridden | undefined): void {
    let name = ''
    let type = ''
    const readName = (): string => {
      const isText = walker.peek() === QUOTE
      walker.value()
      return isText ? decodeString(walker.body, walker.stringStart, walker.stringEnd) : ''
    }
    readObject(
      walker,
      TOOL_KEYS,
      (key) => {
        if (isCacheMark(key)) {
          const marks = readCacheMark(walker)
          this.cacheMarks += marks
          this.toolMarks += marks
          return false
        }
        if (key === 'name') name = readName()
        else if (key === 'type') type = readName()
        else if ((key === 'function' || key === 'custom') && walker.peek() === OPEN_OBJECT) {
          readObject(
            walker,
            NAME_KEYS,
            (inner) => {
              if (inner === 'name') name = readName()
              else readTextBytes(walker)
              return true
            },
            overridden,
          )
        } else walker.value()
        return true
      },
      overridden,
    )
    this.toolNames.push(name === '' ? type : name)
  }
}
