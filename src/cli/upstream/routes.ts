/** Which endpoints there are. A table: method, path, handler. */
import { handleChat, lastChatText } from './chat-completions.ts'
import { batchResults, cancelBatch, createBatch, deleteBatch, listBatches, retrieveBatch } from './claude-batches.ts'
import { handleCountTokens, handleMessages, lastTypedText } from './claude-messages.ts'
import { handleCompletion } from './completions.ts'
import { sendBytes, type Exchange } from './exchange.ts'
import { handleModel, handleModels } from './model-lists.ts'
import { cancelOpenAiBatch, createOpenAiBatch, listOpenAiBatches, retrieveOpenAiBatch } from './openai-batches.ts'
import { fileContent, handleFile, listFiles, uploadFile } from './openai-files.ts'
import { handleResponses, handleStoredResponse, lastInputText } from './responses.ts'
import { WireError, type Family } from './wire-error.ts'

/** How a call is handled. */
export interface Route {
  readsJson: boolean
  /** Needs no key. */
  open: boolean
  handle: (exchange: Exchange) => void | Promise<void>
}

type Handler = (exchange: Exchange, id: string) => void | Promise<void>

interface Entry {
  family: Family | 'both'
  methods: string[]
  path: RegExp
  handler: Handler
  open?: boolean
}

const TABLE: Entry[] = [
  { family: 'anthropic', methods: ['HEAD', 'GET'], path: /^\/api\/hello$/, handler: hello, open: true },
  { family: 'anthropic', methods: ['POST'], path: /^\/v1\/messages$/, handler: handleMessages },
  { family: 'anthropic', methods: ['POST'], path: /^\/v1\/messages\/count_tokens$/, handler: handleCountTokens },
  { family: 'anthropic', methods: ['POST'], path: /^\/v1\/messages\/batches$/, handler: createBatch },
  { family: 'anthropic', methods: ['GET'], path: /^\/v1\/messages\/batches$/, handler: listBatches },
  { family: 'anthropic', methods: ['GET'], path: /^\/v1\/messages\/batches\/([^/]+)$/, handler: retrieveBatch },
  { family: 'anthropic', methods: ['DELETE'], path: /^\/v1\/messages\/batches\/([^/]+)$/, handler: deleteBatch },
  { family: 'anthropic', methods: ['POST'], path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, handler: cancelBatch },
  { family: 'anthropic', methods: ['GET'], path: /^\/v1\/messages\/batches\/([^/]+)\/results$/, handler: batchResults },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/chat\/completions$/, handler: handleChat },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/responses$/, handler: handleResponses },
  { family: 'openai', methods: ['GET', 'DELETE'], path: /^\/v1\/responses\/([^/]+)$/, handler: handleStoredResponse },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/completions$/, handler: handleCompletion },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/files$/, handler: uploadFile },
  { family: 'openai', methods: ['GET'], path: /^\/v1\/files$/, handler: listFiles },
  { family: 'openai', methods: ['GET', 'DELETE'], path: /^\/v1\/files\/([^/]+)$/, handler: handleFile },
  { family: 'openai', methods: ['GET'], path: /^\/v1\/files\/([^/]+)\/content$/, handler: fileContent },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/batches$/, handler: createOpenAiBatch },
  { family: 'openai', methods: ['GET'], path: /^\/v1\/batches$/, handler: listOpenAiBatches },
  { family: 'openai', methods: ['GET'], path: /^\/v1\/batches\/([^/]+)$/, handler: retrieveOpenAiBatch },
  { family: 'openai', methods: ['POST'], path: /^\/v1\/batches\/([^/]+)\/cancel$/, handler: cancelOpenAiBatch },
  { family: 'both', methods: ['GET'], path: /^\/v1\/models$/, handler: handleModels },
  { family: 'both', methods: ['GET'], path: /^\/v1\/models\/([^/]+)$/, handler: handleModel },
]

/** The route of a call; an unknown path is a 404 and a wrong method a 405, in the family's words. */
export function findRoute(exchange: Exchange): Route {
  const { path, method } = exchange
  const here = TABLE.filter((entry) => entry.path.test(path))
  const entry = here.find((candidate) => candidate.methods.includes(method))
  if (entry === undefined) throw here.length === 0 ? unknownPath(exchange) : wrongMethod(exchange)
  const id = decodeURIComponent(entry.path.exec(path)?.[1] ?? '')
  return {
    readsJson: method === 'POST' && !path.endsWith('/cancel') && entry.handler !== uploadFile,
    open: entry.open ?? false,
    handle: (call) => entry.handler(call, id),
  }
}

function unknownPath({ family, method, path }: Exchange): WireError {
  if (family === 'anthropic') return new WireError({ status: 404, type: 'not_found_error', message: 'Not Found' })
  return new WireError({ status: 404, type: 'invalid_request_error', message: `Invalid URL (${method} ${path})` })
}

function wrongMethod({ family, method, path }: Exchange): WireError {
  const message = family === 'anthropic' ? 'Method Not Allowed' : `Not allowed to ${method} on ${path}.`
  return new WireError({ status: 405, type: 'invalid_request_error', message })
}

function hello(exchange: Exchange): void {
  sendBytes(exchange, 200, '{"message":"hello"}', { 'content-type': 'application/json' })
}

/** The text of a call's last typed message, where a directive may stand. */
export function directiveText({ path, body }: Exchange): string {
  switch (path) {
    case '/v1/messages':
    case '/v1/messages/count_tokens':
      return lastTypedText(body)
    case '/v1/chat/completions':
      return lastChatText(body)
    case '/v1/responses':
      return lastInputText(body)
    case '/v1/completions':
      return String(body.prompt ?? '')
    default:
      return ''
  }
}
