/**
 * Walks over the bytes of a JSON text: checks it as strictly as JSON.parse, hashes what it walks over, builds nothing.
 * It decides whether bytes are JSON and where values begin and end. It never interprets a value and never copies one.
 *
 * Strings are read eight bytes at a time: two 32-bit words are hashed, and the same words are tested for a quote, a
 * backslash or a control character, so long texts cost a fraction of a nanosecond a byte. Nesting has no limit: depth
 * is a byte stack, not the call stack.
 */
import type { BodyText } from '../body-text.ts'
import { InvalidRequest } from '../request-scan.ts'
import { MIX_A, MIX_B, SEED_A, SEED_B } from './hash-lanes.ts'
import { CHUNK, firstSpecial, HIGH_BITS, HIGH_MASKS, LOW_MASKS, SIMPLE_ESCAPES, specialBytes } from './text-chunks.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** What stands for a byte past the end. */
const END = -1

export class JsonWalker {
  /** The next byte to read. */
  position = 0
  /** The two lanes of the running hash. Whoever wants the hash of a part seeds them before it and reads them after. */
  hashA: number = SEED_A
  hashB: number = SEED_B
  /** Bytes between the quotes of the string read last: [stringStart, stringEnd). */
  stringStart = 0
  stringEnd = 0
  /** How many bytes shorter that string is, in UTF-8, once its escapes are resolved; 0 only if it has none. */
  stringLoss = 0
  /** A cache mark asked for the long lifetime. */
  longLivedMark = false
  /** The deepest nesting met so far. */
  deepest = 0
  readonly body: BodyText
  readonly bytes: Uint8Array
  readonly length: number
  private readonly view: DataView
  private nesting: Uint8Array = new Uint8Array(64)

  constructor(body: BodyText) {
    const { bytes } = body
    this.body = body
    this.bytes = bytes
    this.length = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Starts a new hash. */
  seed(): void {
    this.hashA = SEED_A
    this.hashB = SEED_B
  }

  /** Takes two words into the running hash. */
  mix(low: number, high: number): void {
    const a = this.hashA
    const b = this.hashB
    this.hashA = (Math.imul(a ^ low, MIX_A) + ((b << 15) | (b >>> 17))) | 0
    this.hashB = (Math.imul(b ^ high, MIX_B) + ((a << 13) | (a >>> 19))) | 0
  }

  /** The byte at the position, past any white space; -1 at the end of the text. */
  peek(): number {
    let at = this.position
    const { bytes, length } = this
    while (at < length) {
      const byte = bytes[at] as number
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.position = at
        return byte
      }
      at++
    }
    this.position = at
    return -1
  }

  /** Enters an object or array the position stands on: true if it has a first member or item, false if it was empty. */
  enter(close: number): boolean {
    this.position++
    if (this.peek() !== close) return true
    this.position++
    return false
  }

  /** After a member or item: true if another follows, false if the container was closed. */
  more(close: number): boolean {
    const byte = this.peek()
    if (byte === COMMA) {
      this.position++
      return true
    }
    if (byte === close) {
      this.position++
      return false
    }
    return this.fail(close === CLOSE_OBJECT ? "',' or '}'" : "',' or ']'")
  }

  /** Reads a member's name and its colon and stands on its value. The name is left in stringStart, stringEnd. */
  key(): void {
    if (this.peek() !== QUOTE) this.fail('a property name in double quotes')
    this.string()
    if (this.peek() !== COLON) this.fail("':'")
    this.position++
    this.peek()
  }

  /**
   * Reads the string the position stands on. Its bytes are hashed as they stand, escapes unresolved: in chunks of eight,
   * with a shorter one before each escape and at the end.
   */
  string(): void {
    const { bytes, view } = this
    const lastWhole = this.length - CHUNK
    const start = this.position + 1
    let at = start
    let a = this.hashA
    let b = this.hashB
    let loss = 0
    this.stringLoss = 0
    for (;;) {
      let low = 0
      let high = 0
      while (at <= lastWhole) {
        low = view.getInt32(at, true)
        high = view.getInt32(at + 4, true)
        // specialBytes of both words, written out: this is the loop that runs over every long text.
        const special =
          ((((low ^ 0x02020202) - 0x21212121) | ((low ^ 0x5c5c5c5c) - 0x01010101)) & ~low) |
          ((((high ^ 0x02020202) - 0x21212121) | ((high ^ 0x5c5c5c5c) - 0x01010101)) & ~high)
        if ((special & HIGH_BITS) !== 0) break
        const mixedA = (Math.imul(a ^ low, MIX_A) + ((b << 15) | (b >>> 17))) | 0
        b = (Math.imul(b ^ high, MIX_B) + ((a << 13) | (a >>> 19))) | 0
        a = mixedA
        at += CHUNK
      }
      if (at > lastWhole) {
        low = this.wordNearEnd(at)
        high = this.wordNearEnd(at + 4)
      }
      const stop = firstSpecial(specialBytes(low), specialBytes(high))
      if (stop === CHUNK) {
        const mixedA = (Math.imul(a ^ low, MIX_A) + ((b << 15) | (b >>> 17))) | 0
        b = (Math.imul(b ^ high, MIX_B) + ((a << 13) | (a >>> 19))) | 0
        a = mixedA
        at += CHUNK
        continue
      }
      // A short chunk carries its length in the top byte, where a whole one never has less than 0x20.
      low &= LOW_MASKS[stop] as number
      high &= HIGH_MASKS[stop] as number
      const end = at + stop
      const byte = end < this.length ? (bytes[end] as number) : END
      if (byte === QUOTE) {
        this.hashA = (Math.imul(a ^ low, MIX_A) + ((b << 15) | (b >>> 17))) | 0
        this.hashB = (Math.imul(b ^ (high | (stop << 24)), MIX_B) + ((a << 13) | (a >>> 19))) | 0
        this.stringStart = start
        this.stringEnd = end
        this.stringLoss += loss
        this.position = end + 1
        return
      }
      if (byte !== BACKSLASH) this.failInString(end, byte)
      const escaped = end + 1 < this.length ? (bytes[end + 1] as number) : 0
      if (SIMPLE_ESCAPES[escaped] === 1) loss++
      else this.unicodeEscape(end)
      const mixedA = (Math.imul(a ^ low, MIX_A) + Math.imul(escaped, MIX_B) + ((b << 15) | (b >>> 17))) | 0
      b = (Math.imul(b ^ (high | ((CHUNK + stop) << 24)), MIX_B) + ((a << 13) | (a >>> 19))) | 0
      a = mixedA
      at = end + 2
    }
  }

  /** Reads a number, literal, string, object or array, whatever its depth. */
  value(): void {
    const byte = this.peek()
    if (byte === QUOTE) this.string()
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.container()
    else this.scalar(byte)
  }

  /** True if nothing but white space is left. */
  atEnd(): boolean {
    return this.peek() === -1
  }

  /** Says what was expected and where. */
  fail(expected: string): never {
    if (this.position >= this.length) {
      throw new InvalidRequest(
        `The request body is not valid JSON: it ends at byte ${this.length} where ${expected} was expected.`,
      )
    }
    throw new InvalidRequest(`The request body is not valid JSON: expected ${expected} at byte ${this.position}.`)
  }

  private container(): void {
    let depth = 0
    let nesting = this.nesting
    for (;;) {
      // Here the position stands on the first byte of a value.
      let byte = this.position < this.length ? (this.bytes[this.position] as number) : -1
      if (byte === QUOTE) this.string()
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        const close = byte + 2
        this.hashA = (Math.imul(this.hashA ^ byte, MIX_A) + this.hashB) | 0
        if (this.enter(close)) {
          if (depth === nesting.length) nesting = this.growNesting()
          nesting[depth++] = close
          if (depth > this.deepest) this.deepest = depth
          if (close === CLOSE_OBJECT) this.key()
          continue
        }
        this.hashA = (Math.imul(this.hashA ^ close, MIX_A) + this.hashB) | 0
      } else this.scalar(byte)
      // A value has ended: close what it was the last of, then stand on the next value.
      for (;;) {
        if (depth === 0) return
        const close = nesting[depth - 1] as number
        byte = this.peek()
        if (byte === close) {
          this.position++
          this.hashA = (Math.imul(this.hashA ^ close, MIX_A) + this.hashB) | 0
          depth--
          continue
        }
        if (byte !== COMMA) this.fail(close === CLOSE_OBJECT ? "',' or '}'" : "',' or ']'")
        this.position++
        if (close === CLOSE_OBJECT) this.key()
        else this.peek()
        break
      }
    }
  }

  private growNesting(): Uint8Array {
    const wider = new Uint8Array(this.nesting.length * 2)
    wider.set(this.nesting)
    this.nesting = wider
    return wider
  }

  private scalar(byte: number): void {
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.number(byte)
    else if (byte === 0x74) this.literal('true')
    else if (byte === 0x66) this.literal('false')
    else if (byte === 0x6e) this.literal('null')
    else this.fail(byte === 0xef && this.position === 0 ? 'a value, not a byte order mark,' : 'a value')
  }

  private literal(word: string): void {
    for (let index = 1; index < word.length; index++) {
      if (this.bytes[this.position + index] !== word.charCodeAt(index)) this.fail(word)
    }
    this.position += word.length
    this.mix(word.length, word.charCodeAt(0))
  }

  private number(first: number): void {
    const start = this.position
    if (first === 0x2d) this.position++
    if (this.bytes[this.position] === 0x30) this.position++
    else this.digits()
    if (this.bytes[this.position] === 0x2e) {
      this.position++
      this.digits()
    }
    const exponent = this.bytes[this.position]
    if (exponent === 0x65 || exponent === 0x45) {
      const sign = this.bytes[this.position + 1]
      this.position += sign === 0x2b || sign === 0x2d ? 2 : 1
      this.digits()
    }
    let folded = 0
    for (let at = start; at < this.position; at++)
      folded = (Math.imul(folded, 0x01000193) ^ (this.bytes[at] as number)) | 0
    this.mix(folded, this.position - start)
  }

  private digits(): void {
    const start = this.position
    let byte = this.bytes[this.position]
    while (byte !== undefined && byte >= 0x30 && byte <= 0x39) byte = this.bytes[++this.position]
    if (this.position === start) this.fail('a digit')
  }

  private failInString(at: number, byte: number): never {
    this.position = at
    return this.fail(byte === END ? 'a closing quote' : 'an escaped control character')
  }

  private unicodeEscape(at: number): void {
    if (this.bytes[at + 1] !== 0x75) {
      this.position = Math.min(at + 1, this.length)
      this.fail('an escape character')
    }
    const unit = this.hexUnit(at + 2)
    // Six bytes become one, two or three; each half of a surrogate pair stands for two of its four.
    this.stringLoss += unit < 0x80 ? 5 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 4 : 3
  }

  private hexUnit(at: number): number {
    let unit = 0
    for (let index = at; index < at + 4; index++) {
      const byte = index < this.length ? (this.bytes[index] as number) : 0
      let digit = byte - 0x30
      if (digit < 0 || digit > 9) {
        digit = (byte | 0x20) - 0x57
        if (digit < 10 || digit > 15) {
          this.position = Math.min(index, this.length)
          this.fail('a hexadecimal digit')
        }
      }
      unit = (unit << 4) | digit
    }
    return unit
  }

  /** Four bytes as a word, zeros past the end of the text: they count as control characters and stop the string. */
  private wordNearEnd(at: number): number {
    let word = 0
    for (let index = 0; index < 4 && at + index < this.length; index++) {
      word |= (this.bytes[at + index] as number) << (index << 3)
    }
    return word
  }
}
