/**
 * A request body as the scanners see it: bytes, and the same bytes as a string with one character a byte.
 * The pure core has no text decoder, so the shell that read the body hands one in.
 */
export interface BodyText {
  readonly bytes: Uint8Array
  /** One UTF-16 code unit per byte: index i of this string is byte i of the body. Only ASCII may be interpreted. */
  readonly latin1: string
  /** Decodes bytes [start, end) as UTF-8. */
  decode(start: number, end: number): string
}

/** A half-open range of bytes: [start, end). */
export interface ByteRange {
  readonly start: number
  readonly end: number
}
