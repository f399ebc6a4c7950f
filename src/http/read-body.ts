/** Reads a request's body up to a limit, and no further. */
import { GatewayError } from '../core/gateway-error.ts'

/**
 * @throws GatewayError body_too_large, before the body is read where its length is announced
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN)
  if (announced > maxBytes) throw tooLarge(maxBytes)
  if (request.body === null) return new Uint8Array()
  if (announced >= 0) return new Uint8Array(await request.arrayBuffer())
  return readUnannounced(request.body, maxBytes)
}

async function readUnannounced(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
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
