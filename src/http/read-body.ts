/** Reads a request's body up to a limit and as far as this isolate has room for it, and keeps nothing beyond. */
import { GatewayError } from '../core/gateway-error.ts'
import type { BodyLease } from './body-budget.ts'

/**
 * What is read of a body that is refused, in bytes: a client that is still writing when the answer comes sees a broken
 * connection instead of the refusal. The platform itself takes 100 MB at most.
 */
const MOST_DISCARDED = 128 * 1024 * 1024
/** Large bodies come one after the other: a slow upload may take this long. */
const ROOM_AFTER_SECONDS = 5

interface Room {
  /** Of one body. */
  readonly maxBytes: number
  readonly lease: BodyLease
}

/** @throws GatewayError body_too_large; invalid_request when it breaks off; gateway_overloaded when too many large bodies are here already, or it hardly comes */
export async function readBody(request: Request, room: Room): Promise<Uint8Array> {
  try {
    return await readWithin(request, room)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    // Nearly always a client that left: nobody hears it, and nothing here is to be mended.
    throw new GatewayError('invalid_request', 'The request broke off before its body was whole.')
  }
}

async function readWithin(request: Request, room: Room): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const announced = Number(request.headers.get('content-length') ?? Number.NaN)
  if (!(announced <= room.maxBytes)) return readUnannounced(request.body, room)
  if (room.lease.take(announced)) return readAnnounced(request, request.body, announced)
  await discard(request.body)
  throw noRoom()
}

/** Up to this size the runtime's own way is the quickest; beyond it, the second copy it makes counts. */
const READ_AT_ONCE = 256 * 1024
const PIECE_BYTES = 512 * 1024
/** For every piece, or all of a smaller body: who sends not even that much keeps room, and a call, from others. */
const PIECE_MS = 60_000

async function readAnnounced(request: Request, body: ReadableStream<Uint8Array>, bytes: number): Promise<Uint8Array> {
  // Of a body that is being read at once the platform drops the rest when the request is answered.
  if (bytes <= READ_AT_ONCE) return new Uint8Array(await inTime(request.arrayBuffer(), () => Promise.resolve()))
  const whole = new Uint8Array(bytes)
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new Uint8Array(PIECE_BYTES)
  let at = 0
  while (at < bytes) {
    const wanted = Math.min(PIECE_BYTES, bytes - at)
    const { value, done } = await inTime(reader.readAtLeast(wanted, buffer.subarray(0, wanted)), () => reader.cancel())
    if (value === undefined) break
    whole.set(value, at)
    at += value.length
    if (done) break
    buffer = new Uint8Array(value.buffer)
  }
  return at === bytes ? whole : whole.subarray(0, at)
}

/** @throws GatewayError gateway_overloaded when the piece does not come */
async function inTime<Piece>(piece: Promise<Piece>, giveUp: () => Promise<void>): Promise<Piece> {
  const clock = startClock()
  clock.late.catch(() => giveUp()).catch(() => undefined)
  try {
    return await Promise.race([piece, clock.late])
  } finally {
    clock.stop()
  }
}

/**
 * The chunks of a body whose length nobody told. They may be of any size, so the time runs for each piece that they make
 * up, not for each of them.
 *
 * @throws GatewayError gateway_overloaded when the next piece does not come
 */
async function* chunksInTime(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let clock = startClock()
  let bytes = 0
  try {
    for (;;) {
      const { value, done } = await Promise.race([reader.read(), clock.late])
      if (done) return
      bytes += value.byteLength
      if (bytes >= PIECE_BYTES) {
        clock.stop()
        clock = startClock()
        bytes = 0
      }
      yield value
    }
  } finally {
    clock.stop()
    reader.cancel().catch(() => undefined)
  }
}

interface PieceClock {
  /** Rejects once the time of a piece is over. */
  readonly late: Promise<never>
  stop(): void
}

function startClock(): PieceClock {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(tooSlow()), PIECE_MS)
  // It may be late while nobody waits for it.
  late.catch(() => undefined)
  return { late, stop: () => clearTimeout(timer) }
}

/** For a body whose length is not known, or known to be too large. */
async function readUnannounced(body: ReadableStream<Uint8Array>, { maxBytes, lease }: Room): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  let refusal: GatewayError | null = null
  for await (const chunk of chunksInTime(body)) {
    length += chunk.byteLength
    if (length > maxBytes) refusal = tooLarge(maxBytes)
    else if (refusal === null && !lease.take(chunk.byteLength)) refusal = noRoom()
    if (refusal === null) chunks.push(chunk)
    else if (chunks.length > 0) {
      chunks.length = 0
      lease.giveBack()
    }
    if (length > MOST_DISCARDED) break
  }
  if (refusal !== null) throw refusal
  const whole = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let length = 0
  for await (const chunk of chunksInTime(body)) {
    length += chunk.byteLength
    if (length > MOST_DISCARDED) break
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The request is larger than this gateway takes: at most ${Math.floor(maxBytes / 1024 / 1024)} MB.`,
  )
}

function tooSlow(): GatewayError {
  return new GatewayError('gateway_overloaded', 'The request came too slowly to keep room for it. Try again.', {
    retryAfterSeconds: ROOM_AFTER_SECONDS,
  })
}

function noRoom(): GatewayError {
  return new GatewayError('gateway_overloaded', 'Too many large requests at once. Try again in a moment.', {
    retryAfterSeconds: ROOM_AFTER_SECONDS,
  })
}
