import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../../src/cli/upstream/json.ts'
import { fixturesDirectory, readFixture, runningUpstream, type Answered, type Fixture } from './running.ts'

const directory = fixturesDirectory()
const running = runningUpstream()

/** Thinking and encrypted reasoning in the recordings were sealed elsewhere; they are left out of the replay. */
function withoutForeignReasoning(body: unknown): unknown {
  if (!isObject(body)) return body
  const copy: JsonObject = { ...body }
  if (Array.isArray(copy.messages)) {
    copy.messages = copy.messages.map((message: JsonObject) => {
      if (!Array.isArray(message.content)) return message
      return { ...message, content: message.content.filter((block: JsonObject) => block.type !== 'thinking') }
    })
  }
  if (Array.isArray(copy.input)) copy.input = copy.input.filter((item: JsonObject) => item.type !== 'reasoning')
  return copy
}

/** Ids of earlier answers in a recording stand for the answers this provider gave. */
class IdMap {
  readonly #ids: { kind: string; id: string }[] = []
  #callIds: string[] = []

  note(answered: Answered): void {
    const last = answered.text.match(/"id":"(msg_|resp_|file-|batch_|msgbatch_)[^"]+"/)?.[0]
    if (last !== undefined) {
      const id = last.slice('"id":"'.length, -1)
      this.#ids.unshift({ kind: id.replace(/[_-].*$/, ''), id })
    }
    this.#callIds = [...answered.text.matchAll(/"(?:id|call_id)":"((?:toolu_|call_)[^"]+)"/g)].map(
      (match) => match[1] ?? '',
    )
  }

  latest(kind: string): string | undefined {
    return this.#ids.find((entry) => entry.kind === kind)?.id
  }

  get callId(): string {
    return this.#callIds[0] ?? ''
  }
}

function translated(fixture: Fixture, ids: IdMap): { url: string; body: unknown } {
  const url = fixture.url
    .replace(/msgbatch_\w+/, () => ids.latest('msgbatch') ?? 'none')
    .replace(/(?<!msg)batch_[0-9a-f]+/, () => ids.latest('batch') ?? 'none')
    .replace(/file-\w+/, () => ids.latest('file') ?? 'none')
  const body = withoutForeignReasoning(fixture.body)
  if (!isObject(body)) return { url, body }
  if (isObject(body.thread) && body.thread.type === 'continue') {
    body.thread = { ...body.thread, previous_message_id: ids.latest('msg') }
    retarget(body.messages, 'tool_use_id', ids.callId)
  }
  if ('previous_response_id' in body) {
    body.previous_response_id = ids.latest('resp')
    retarget(body.input, 'call_id', ids.callId)
  }
  if ('input_file_id' in body) body.input_file_id = ids.latest('file')
  return { url, body }
}

function retarget(list: unknown, field: string, id: string): void {
  for (const item of Array.isArray(list) ? (list as JsonObject[]) : []) {
    if (field in item) item[field] = id
    retarget(item.content, field, id)
  }
}

const MULTIPART = [
  '--edge',
  'Content-Disposition: form-data; name="purpose"',
  '',
  'batch',
  '--edge',
  'Content-Disposition: form-data; name="file"; filename="in.jsonl"',
  'Content-Type: application/octet-stream',
  '',
  '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4.1","messages":[{"role":"user","content":"x"}]}}',
  '--edge--',
  '',
].join('\r\n')

describe.skipIf(directory === null)('recorded requests of real clients (need ../shared/fixtures)', () => {
  const files = directory === null ? [] : readdirSync(directory).filter((file) => file.endsWith('.jsonl'))
  it.each(files)('%s is accepted request by request', async (file) => {
    const ids = new IdMap()
    let replayed = 0
    for (const [index, fixture] of readFixture(directory ?? '', file).entries()) {
      const { url, body } = translated(fixture, ids)
      const headers = { ...fixture.headers }
      for (const hop of ['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding'])
        delete headers[hop]
      const upload = fixture.url === '/v1/files' && fixture.method === 'POST'
      if (upload) headers['content-type'] = 'multipart/form-data; boundary=edge'
      const sent = fixture.method === 'GET' || fixture.method === 'HEAD' ? undefined : upload ? MULTIPART : body
      running.now += 1_000
      const answered = await running.call(fixture.method, url, sent, headers)
      expect(answered.status, `${file} #${index} ${fixture.method} ${url}: ${answered.text.slice(0, 300)}`).toBe(200)
      ids.note(answered)
      replayed += 1
    }
    expect(replayed).toBeGreaterThan(2)
  })
})
