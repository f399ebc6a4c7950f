/** Reads a request's body up to a limit, and keeps nothing beyond it. */
import { GatewayError } from '../core/gateway-error.ts'

/**
 * What is read of a body that is refused, in bytes: a client that is still writing when the answer comes sees a broken
 * connection instead of the refusal. The platform itself takes 100 MB at most.
 */
const MOST_DISCARDED = 128 * 1024 * 1024

/** @throws GatewayError body_too_large */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const announced = Number(request.headers.get('content-length') ?? Number.NaN)
  if (announced <= maxBytes) return new Uint8Array(await request.arrayBuffer())
  return readUnannounced(request.body, maxBytes)
}

/** For a body whose length is not known, or known to be too large. */
async function readUnannounced(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
    if (length > MOST_DISCARDED) break
  }
  if (length > maxBytes) throw tooLarge(maxBytes)
  const whole = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The request is larger than this gateway takes: at most ${Math.floor(maxBytes / 1024 / 1024)} MB.`,
  )
}
