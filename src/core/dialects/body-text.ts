/**
 * A request body as the scanners see it. The pure core has no text decoder, so the shell that read the body hands one in.
 */
export interface BodyText {
  readonly bytes: Uint8Array
  /** Decodes bytes [start, end) as UTF-8. */
  decode(start: number, end: number): string
}

/** A half-open range of bytes: [start, end). */
export interface ByteRange {
  readonly start: number
  readonly end: number
}
