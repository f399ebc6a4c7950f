/**
 * What a gateway on this runtime cannot do without, one step after the other: `/steps/N/v1/messages` takes the first N of
 * the list in `../steps.ts`. None of it is Headgate's code: what a step adds is the runtime's price for it.
 */
import { Hono } from 'hono'
import { DurableObject } from 'cloudflare:workers'

export class StepObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
  }

  begin(opening) {
    return opening
  }

  end(record, rows) {
    if (rows === 0) return true
    for (let row = 0; row < rows; row++) {
      this.ctx.storage.sql.exec('INSERT OR REPLACE INTO rows (id, body) VALUES (?, ?)', row, JSON.stringify(record))
    }
    return true
  }
}

const hmacKey = crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

async function hmac(text) {
  return crypto.subtle.sign('HMAC', await hmacKey, new TextEncoder().encode(text))
}

const DROPPED = new Set(['host', 'authorization', 'content-length', 'connection'])

function throughRecord(headers) {
  const kept = {}
  for (const [name, value] of Object.entries(Object.fromEntries(headers))) if (!DROPPED.has(name)) kept[name] = value
  return kept
}

/** As large as what a gateway asks and tells. */
const OPENING = {
  requestId: 'req_1',
  hashes: Float64Array.from({ length: 40 }, (_none, index) => index * 1e6),
  bytes: 4_000,
}
const CONSIDERED = { target: 'provider/model', tier: 2, verdict: 'dearer', warmTokens: 1, nowNano: 2, turnNano: 3 }
const RECORD = { id: 'req_1', considered: Array.from({ length: 8 }, () => CONSIDERED), ...CONSIDERED }

async function pump(reader, writer) {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await writer.write(value)
  }
  await writer.close()
}

const proxy = async (context) => {
  const step = Number(context.req.param('step'))
  const { raw } = context.req
  const { env } = context
  const objects = [env.OBJECTS.getByName('ledger'), env.OBJECTS.getByName(raw.headers.get('x-claude-code-session-id'))]
  const body = step >= 1 ? new Uint8Array(await raw.arrayBuffer()) : raw.body
  let headers = new Headers(raw.headers)
  if (step >= 2) headers = throughRecord(headers)
  else {
    headers.delete('host')
    headers.delete('authorization')
  }
  if (step >= 3) {
    await hmac('a key of seventy-six characters or so, to be verified by its own check')
    await hmac('a session')
  }
  const abort = step >= 4 ? new AbortController() : null
  const settled = Promise.withResolvers()
  if (step >= 4) context.executionCtx.waitUntil(settled.promise)
  if (step >= 6) await Promise.all(objects.map((object) => object.begin(OPENING)))
  const sent = { method: 'POST', headers, body, ...(abort === null ? {} : { signal: abort.signal }) }
  const answer = await fetch(`${env.UPSTREAM}/v1/messages`, sent)
  const settle = async () => {
    if (step < 7) return
    const rows = step >= 9 ? [3, 2] : step >= 8 ? [1, 1] : [0, 0]
    await Promise.all(objects.map((object, index) => object.end(RECORD, rows[index])))
  }
  if (step < 5) {
    if (step >= 4) settled.resolve()
    return new Response(answer.body, answer)
  }
  if (answer.headers.has('content-length')) {
    const whole = await answer.arrayBuffer()
    setTimeout(() => void settle().finally(settled.resolve), 0)
    return new Response(whole, { status: answer.status, headers: throughRecord(answer.headers) })
  }
  const { readable, writable } = new IdentityTransformStream()
  void pump(answer.body.getReader(), writable.getWriter()).then(settle).finally(settled.resolve)
  return new Response(readable, { status: answer.status, headers: throughRecord(answer.headers) })
}

const app = new Hono()
app.get('/healthz', (context) => context.text('ok'))
app.post('/steps/:step/v1/messages', (context) => proxy(context))

export default app
