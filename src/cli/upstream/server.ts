/** The HTTP server: reads a request, finds its handler, and turns what goes wrong into the family's envelope. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerControl } from './control-http.ts'
import { sendError, sendScriptedError, type Exchange } from './exchange.ts'
import { freshId, sha256 } from './ids.ts'
import { isObject, stringOf, type JsonObject } from './json.ts'
import { directiveText, findRoute, type Route } from './routes.ts'
import { directiveIn, readScript, type Script } from './script.ts'
import type { UpstreamState } from './state.ts'
import { WireError, type Family } from './wire-error.ts'

/** Largest body, as the Messages API has it. */
const MAX_BODY_BYTES = 32 * 1024 * 1024
const MAX_FILE_BYTES = 200 * 1024 * 1024

/** A server over a state; not yet listening. */
export function createUpstreamServer(state: UpstreamState): Server {
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      // A client that leaves while it still sends its body is nobody's fault.
      if (request.errored !== null || response.destroyed) return
      process.stderr.write(`scripted provider: ${error instanceof Error ? error.stack : String(error)}\n`)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{"type":"error","error":{"type":"api_error","message":"Internal server error"}}')
    })
  })
  server.keepAliveTimeout = 65_000
  server.requestTimeout = 0
  return server
}

async function handle(state: UpstreamState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const bytes = await readBytes(request)
  if (url.pathname.startsWith('/__')) {
    answerControl(state, { method: request.method ?? 'GET', url, body: bytes.toString('utf8') }, response)
    return
  }
  const exchange = openExchange(state, { request, response, url, bytes })
  try {
    await answer(exchange)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    if (response.headersSent) response.destroy()
    else sendError(exchange, error.fields, retryAdvice(exchange, error))
  }
}

/** Anthropic says of its own refusals that trying again is in vain. */
function retryAdvice({ family }: Exchange, { fields }: WireError): Record<string, string> {
  return family === 'anthropic' && fields.status < 500 ? { 'x-should-retry': 'false' } : {}
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function openExchange(
  state: UpstreamState,
  arrival: { request: IncomingMessage; response: ServerResponse; url: URL; bytes: Buffer },
): Exchange {
  const { request, response, url, bytes } = arrival
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  const family = familyOf(url.pathname, headers)
  const requestId = family === 'anthropic' ? freshId('req_011C', 20) : freshId('req_', 32).toLowerCase()
  const record = state.recording.open({
    at: state.now(),
    method: request.method ?? 'GET',
    path: url.pathname + url.search,
    headers,
    bodyText: bytes.toString('utf8'),
    bodySha256: sha256(bytes),
    bodyBytes: bytes.length,
    status: null,
    requestId,
    model: null,
    billed: null,
    aborted: false,
    ending: null,
    endedAt: null,
  })
  response.on('close', () => {
    if (record.ending === null && !response.writableFinished) {
      record.ending = 'aborted'
      record.endedAt = state.now()
    }
  })
  return {
    state,
    family,
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    bytes,
    body: {},
    account: '',
    script: {},
    record,
    response,
    requestId,
  }
}

function familyOf(path: string, headers: Record<string, string>): Family {
  if (path.startsWith('/v1/messages') || path.startsWith('/api/')) return 'anthropic'
  if (/^\/v1\/(chat|responses|completions|files|batches)\b/.test(path)) return 'openai'
  return 'anthropic-version' in headers || 'x-api-key' in headers ? 'anthropic' : 'openai'
}

async function answer(exchange: Exchange): Promise<void> {
  const route = findRoute(exchange)
  if (!route.open) exchange.account = requireKey(exchange)
  checkSize(exchange, route)
  if (route.readsJson) exchange.body = parseBody(exchange)
  exchange.script = scriptFor(exchange)
  const { script } = exchange
  if (script.cutBeforeHeaders === true) {
    exchange.record.ending = 'cut'
    exchange.record.endedAt = exchange.state.now()
    exchange.response.socket?.destroy()
    return
  }
  // With `errorAfterEvents` the status belongs to the error in mid-stream; without a stream there is no such place.
  const inStream = script.errorAfterEvents !== undefined && exchange.body.stream === true
  if (script.status !== undefined && !inStream) {
    await sleep(script.headersDelayMs ?? exchange.state.settings.headersDelayMs)
    sendScriptedError(exchange, script.status)
    return
  }
  await route.handle(exchange)
}

function requireKey({ headers, family, state }: Exchange): string {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = family === 'anthropic' ? (headers['x-api-key'] ?? bearer) : bearer
  const { keys } = state.settings
  if (key !== undefined && key !== '' && (keys.length === 0 || keys.includes(key))) return key
  throw new WireError(family === 'anthropic' ? anthropicRefusal(key) : openAiRefusal(key))
}

function anthropicRefusal(key: string | undefined) {
  const message = key === undefined || key === '' ? 'x-api-key header is required' : 'invalid x-api-key'
  return { status: 401, type: 'authentication_error', message }
}

function openAiRefusal(key: string | undefined) {
  const type = 'invalid_request_error'
  if (key === undefined || key === '') {
    return {
      status: 401,
      type,
      message:
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
        '(i.e. Authorization: Bearer YOUR_KEY).',
    }
  }
  const shown = `${key.slice(0, 4)}${'*'.repeat(Math.max(0, key.length - 8))}${key.slice(-4)}`
  const message = `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`
  return { status: 401, type, message, code: 'invalid_api_key' }
}

function checkSize({ bytes, family }: Exchange, route: Route): void {
  if (bytes.length <= (route.readsJson ? MAX_BODY_BYTES : MAX_FILE_BYTES)) return
  const type = family === 'anthropic' ? 'request_too_large' : 'invalid_request_error'
  throw new WireError({ status: 413, type, message: 'Request exceeds the maximum size' })
}

function parseBody({ bytes, family }: Exchange): JsonObject {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    if (isObject(body)) return body
  } catch {
    // Falls through to the refusal below, which is the same for broken JSON and for JSON that is no object.
  }
  const message =
    family === 'anthropic'
      ? 'The request body is not valid JSON'
      : "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
        'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)'
  throw new WireError({ status: 400, type: 'invalid_request_error', message })
}

/** A script in the `x-script` header wins over one in the prompt, and that over the waiting ones. */
function scriptFor(exchange: Exchange): Script {
  const { headers, body, state, path } = exchange
  const header = headers['x-script']
  const direct = header === undefined ? directiveIn(directiveText(exchange)) : readHeader(header)
  if (direct !== null) {
    if ('script' in direct) return direct.script
    throw new WireError({ status: 400, type: 'invalid_request_error', message: `script: ${direct.problem}` })
  }
  return state.scripts.take({ path, model: stringOf(body.model), stream: body.stream === true }) ?? {}
}

function readHeader(header: string): ReturnType<typeof readScript> {
  try {
    return readScript(JSON.parse(header))
  } catch {
    return { problem: 'the x-script header is no JSON' }
  }
}
