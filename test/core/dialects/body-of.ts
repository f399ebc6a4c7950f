import type { BodyText } from '../../../src/core/dialects/body-text.ts'

/** A body as the shell hands it to the scanners. */
export function bodyOf(source: string | Uint8Array): BodyText {
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    bytes,
    decode: (start, end) => buffer.toString('utf8', start, end),
  }
}
