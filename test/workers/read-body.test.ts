/** Bodies as they come, within the room there is for them. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BodyBudget, BodyLease } from '../../src/http/body-budget.ts'
import { readBody } from '../../src/http/read-body.ts'

const MEGABYTE = 1024 * 1024

afterEach(() => void vi.useRealTimers())

function upload(announced: number | null) {
  const { readable, writable } = new IdentityTransformStream()
  const headers = announced === null ? {} : { 'content-length': String(announced) }
  const request = new Request('https://gateway.test/v1/messages', { method: 'POST', headers, body: readable })
  return { request, writer: writable.getWriter() }
}

/** As the handler of a call keeps it. */
function reading(request: Request, bodies: BodyBudget): Promise<Uint8Array> {
  const lease = new BodyLease(bodies)
  const read = readBody(request, { maxBytes: 4 * MEGABYTE, lease })
  lease.holdUntil(read)
  return read
}

describe('a body', () => {
  it('that was announced and hardly comes keeps no room from others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const bodies = new BodyBudget(4 * MEGABYTE)
    const { request, writer } = upload(4 * MEGABYTE)
    const read = reading(request, bodies)
    const refused = expect(read).rejects.toMatchObject({ code: 'gateway_overloaded', retryAfterSeconds: 5 })
    void writer.write(new Uint8Array(10)).catch(() => undefined)
    expect(bodies.keptBytes).toBe(4 * MEGABYTE)
    await vi.advanceTimersByTimeAsync(60_000)
    await refused
    expect(bodies.keptBytes).toBe(0)
  })

  it.each([
    ['small and announced', 200 * 1024],
    ['of a length nobody told', null],
    ['refused for its announced size', 8 * MEGABYTE],
  ])('that trickles in (%s) is given up after a minute', async (_, announced) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const bodies = new BodyBudget(4 * MEGABYTE)
    const { request, writer } = upload(announced)
    let told: unknown = null
    const read = reading(request, bodies).catch((error: unknown) => (told = error))
    for (let second = 0; second < 60; second++) {
      expect(told).toBeNull()
      void writer.write(new Uint8Array(10)).catch(() => undefined)
      await vi.advanceTimersByTimeAsync(1000)
    }
    await read
    expect(told).toMatchObject({ code: 'gateway_overloaded', retryAfterSeconds: 5 })
    expect(bodies.keptBytes).toBe(0)
  })

  it('of a length nobody told may take its time, as long as pieces come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { request, writer } = upload(null)
    const read = reading(request, new BodyBudget(4 * MEGABYTE))
    for (let piece = 0; piece < 4; piece++) {
      await vi.advanceTimersByTimeAsync(50_000)
      await writer.write(new Uint8Array(MEGABYTE / 2).fill(piece))
    }
    void writer.close()
    expect((await read).length).toBe(2 * MEGABYTE)
  })

  it('that comes piece by piece is whole however long it takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const bodies = new BodyBudget(4 * MEGABYTE)
    const { request, writer } = upload(2 * MEGABYTE)
    const read = reading(request, bodies)
    for (let piece = 0; piece < 4; piece++) {
      await vi.advanceTimersByTimeAsync(50_000)
      await writer.write(new Uint8Array(MEGABYTE / 2).fill(piece))
    }
    void writer.close()
    const whole = await read
    expect(whole.length).toBe(2 * MEGABYTE)
    expect(whole.at(-1)).toBe(3)
    expect(bodies.keptBytes).toBe(0)
  })

  it.each([null, 2 * MEGABYTE])('that breaks off (announced: %s) is no error of the gateway', async (announced) => {
    const bodies = new BodyBudget(4 * MEGABYTE)
    const { request, writer } = upload(announced)
    const read = reading(request, bodies)
    const refused = expect(read).rejects.toMatchObject({ code: 'invalid_request' })
    await writer.write(new Uint8Array(10))
    await writer.abort(new Error('Network connection lost.'))
    await refused
    expect(bodies.keptBytes).toBe(0)
  })
})
