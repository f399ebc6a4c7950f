/**
 * The provider of the bench: reads a Messages request without looking at it and answers by the plan it was told. A
 * process of its own, so that its work is not counted as a gateway's. Speaks with its parent over IPC.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TIME_MARK, type AnswerPlan, type ProviderCounts } from './answer-plan.ts'
import { HttpParser } from './http-parser.ts'

let plan: AnswerPlan = { kind: 'whole' }
let counts = { requests: 0, bytes: 0 }

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

function usageOf(bodyBytes: number): object {
  const prompt = Math.max(1, Math.round(bodyBytes / 4))
  return { input_tokens: 3, cache_read_input_tokens: prompt, cache_creation_input_tokens: 0, output_tokens: 1 }
}

function message(bodyBytes: number, content: readonly object[]): object {
  const names = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'bench' }
  return { ...names, content, stop_reason: null, stop_sequence: null, usage: usageOf(bodyBytes) }
}

function answerWhole(socket: Socket, bodyBytes: number): void {
  const body = JSON.stringify({ ...message(bodyBytes, [{ type: 'text', text: 'Done.' }]), stop_reason: 'end_turn' })
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

function writeChunk(socket: Socket, text: string): void {
  socket.write(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
}

function delta(): string {
  const text = ` and then${TIME_MARK}${process.hrtime.bigint()}${TIME_MARK}`
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
}

function answerStream(socket: Socket, bodyBytes: number, stream: Extract<AnswerPlan, { kind: 'stream' }>): void {
  socket.write(
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n' +
      'transfer-encoding: chunked\r\n\r\n',
  )
  const opening =
    event('message_start', { message: message(bodyBytes, []) }) +
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  const end = (): void => {
    const ending = { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: stream.deltas } }
    writeChunk(socket, event('content_block_stop', { index: 0 }))
    writeChunk(socket, event('message_delta', ending) + event('message_stop', {}))
    socket.write('0\r\n\r\n')
  }
  writeChunk(socket, opening)
  if (stream.gapMs === 0) {
    for (let sent = 0; sent < stream.deltas; sent++) writeChunk(socket, delta())
    end()
    return
  }
  let sent = 0
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer)
    writeChunk(socket, delta())
    if (++sent < stream.deltas) return
    clearInterval(timer)
    end()
  }, stream.gapMs)
}

function answer(socket: Socket, bodyBytes: number): void {
  counts = { requests: counts.requests + 1, bytes: counts.bytes + bodyBytes }
  const now = plan
  if (now.kind === 'whole') answerWhole(socket, bodyBytes)
  else if (now.firstByteMs === 0) answerStream(socket, bodyBytes, now)
  else setTimeout(() => answerStream(socket, bodyBytes, now), now.firstByteMs)
}

const server = createServer({ noDelay: true, highWaterMark: 256 * 1024 }, (socket) => {
  let bytes = 0
  const parser = new HttpParser({
    head: () => (bytes = 0),
    body: (part) => (bytes += part.length),
    end: () => answer(socket, bytes),
  })
  socket.on('data', (data: Buffer) => parser.push(data))
  socket.on('error', () => socket.destroy())
})

/** A plan is confirmed with what arrived under the last one. */
process.on('message', (next: AnswerPlan) => {
  plan = next
  process.send?.(counts satisfies ProviderCounts)
  counts = { requests: 0, bytes: 0 }
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
