/** Files of the OpenAI API: multipart upload, metadata, content. https://platform.openai.com/docs/api-reference/files */
import { sendBytes, sendJson, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { remember, type UpstreamState } from './state.ts'
import { WireError, invalidParameter } from './wire-error.ts'

/** A stored file. */
export interface StoredFile {
  id: string
  account: string
  filename: string
  purpose: string
  createdAt: number
  content: Buffer
}

/** Answers `POST /v1/files`. */
export async function uploadFile(exchange: Exchange): Promise<void> {
  const form = await readForm(exchange)
  const file = form.get('file')
  const purpose = form.get('purpose')
  if (typeof purpose !== 'string') {
    throw invalidParameter("Missing required parameter: 'purpose'.", 'purpose', 'missing_required_parameter')
  }
  if (!(file instanceof File)) {
    throw invalidParameter("Missing required parameter: 'file'.", 'file', 'missing_required_parameter')
  }
  const stored = storeFile(exchange.state, {
    account: exchange.account,
    filename: file.name,
    purpose,
    content: Buffer.from(await file.arrayBuffer()),
  })
  sendJson(exchange, fileView(stored))
}

async function readForm(exchange: Exchange): Promise<FormData> {
  const type = exchange.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) {
    throw invalidParameter("Invalid Content-Type header. Expected 'multipart/form-data'.")
  }
  try {
    const reader = new Response(new Uint8Array(exchange.bytes), { headers: { 'content-type': type } })
    return await reader.formData()
  } catch {
    throw invalidParameter('Could not parse multipart form')
  }
}

/** Stores content as a file and returns it. */
export function storeFile(state: UpstreamState, file: Omit<StoredFile, 'id' | 'createdAt'>): StoredFile {
  const stored = { ...file, id: freshId('file-', 22), createdAt: state.now() }
  remember(state.files, stored.id, stored, 500)
  return stored
}

/** Answers `GET /v1/files`. */
export function listFiles(exchange: Exchange): void {
  const mine = [...exchange.state.files.values()].filter((file) => file.account === exchange.account)
  const data = mine.toReversed().map(fileView)
  sendJson(exchange, {
    object: 'list',
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  })
}

/** Answers `GET` and `DELETE /v1/files/:id`. */
export function handleFile(exchange: Exchange, id: string): void {
  const file = findFile(exchange, id)
  if (exchange.method === 'DELETE') {
    exchange.state.files.delete(id)
    sendJson(exchange, { id, object: 'file', deleted: true })
    return
  }
  sendJson(exchange, fileView(file))
}

/** Answers `GET /v1/files/:id/content`. */
export function fileContent(exchange: Exchange, id: string): void {
  const file = findFile(exchange, id)
  sendBytes(exchange, 200, file.content, { 'content-type': 'application/octet-stream' })
}

/** The caller's file, or the API's 404. */
export function findFile(exchange: Exchange, id: string): StoredFile {
  const file = exchange.state.files.get(id)
  if (file !== undefined && file.account === exchange.account) return file
  throw new WireError({
    status: 404,
    type: 'invalid_request_error',
    message: `No such File object: ${id}`,
    param: 'id',
  })
}

function fileView(file: StoredFile): JsonObject & { id: string } {
  return {
    id: file.id,
    object: 'file',
    bytes: file.content.length,
    created_at: Math.floor(file.createdAt / 1_000),
    expires_at: null,
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
  }
}
