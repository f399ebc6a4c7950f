/** The copy of a stream, read a little behind it, in the runtime whose streams it reads. */
import { describe, expect, it } from 'vitest'
import { TrailingReader } from '../../src/gateway/trailing-reader.ts'

const MB = 1024 * 1024

interface Course {
  readonly written: number
  readonly taken: number
  /** The most that was written and not taken yet. */
  readonly mostUnread: number
  readonly looks: number
}

/** Carries pieces to a client that takes all, and tells how the copy was read meanwhile. */
async function carry(pieces: AsyncIterable<Uint8Array>, restMs: number): Promise<Course> {
  const { readable, writable } = new IdentityTransformStream()
  const [body, copy] = readable.tee()
  const client = body.pipeTo(new WritableStream())
  const course = { written: 0, taken: 0, mostUnread: 0, looks: 0 }
  let lookedAt = -1
  const reader = new TrailingReader(
    copy,
    ({ byteLength }) => {
      course.taken += byteLength
      if (Date.now() > lookedAt) course.looks += 1
      lookedAt = Date.now()
    },
    () => restMs,
  )
  const writer = writable.getWriter()
  for await (const piece of pieces) {
    await writer.write(piece)
    course.written += piece.byteLength
    course.mostUnread = Math.max(course.mostUnread, course.written - course.taken)
  }
  const closed = writer.close()
  await reader.toEnd()
  await Promise.all([closed, client])
  return course
}

async function* every(ms: number, bytes: number, count: number): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < count; piece += 1) {
    yield new Uint8Array(bytes)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

describe('the copy of a stream', () => {
  it('is read to its last byte, and seldom while little comes', async () => {
    const course = await carry(every(5, 300, 100), 400)
    expect(course.taken).toBe(course.written)
    expect(course.looks).toBeLessThan(12)
  })

  it('is read so often that little of a fast stream lies in memory', async () => {
    const course = await carry(every(2, MB / 4, 200), 5_000)
    expect(course.taken).toBe(50 * MB)
    expect(course.mostUnread).toBeLessThan(20 * MB)
  })
})
