/**
 * The configured providers. A provider is data: a base URL, the dialects it speaks, its credentials. What differs
 * between dialects (paths, how a key is sent) is a table; nothing here asks for a provider's name.
 */
import type { DialectName } from '../core/dialects/dialect.ts'
import type { ProviderConfig } from '../config.ts'
import type { Providers, UpstreamBody, UpstreamCall, UpstreamOperation } from '../gateway/ports.ts'

interface WireFormat {
  readonly paths: Partial<Readonly<Record<UpstreamOperation, string>>>
  /** Headers that every request needs, where the client sent none. */
  readonly defaults: Readonly<Record<string, string>>
  /** How the provider's key is sent. */
  credentials(apiKey: string): Readonly<Record<string, string>>
}

const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` })

/** Anthropic's SDKs take a base URL without `/v1`, OpenAI's with it; settings keep to what their users know. */
const WIRE_FORMATS: Readonly<Record<DialectName, WireFormat>> = {
  'anthropic-messages': {
    paths: { chat: '/v1/messages', 'count-tokens': '/v1/messages/count_tokens' },
    defaults: { 'anthropic-version': '2023-06-01' },
    credentials: (apiKey) => ({ 'x-api-key': apiKey }),
  },
  'openai-chat-completions': {
    paths: { chat: '/chat/completions', completions: '/completions' },
    defaults: {},
    credentials: bearer,
  },
  'openai-responses': { paths: { chat: '/responses' }, defaults: {}, credentials: bearer },
}

export function createProviders(providers: readonly ProviderConfig[]): Providers {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  return {
    configured: new Map(providers.map((provider) => [provider.name, provider.dialects])),
    send(call: UpstreamCall): Promise<Response> {
      const provider = byName.get(call.provider)
      const format = WIRE_FORMATS[call.dialect]
      const path = format.paths[call.operation]
      if (provider === undefined || path === undefined) {
        throw new Error(`provider ${call.provider} does not offer ${call.operation} in ${call.dialect}`)
      }
      return fetch(provider.baseUrl + path + call.query, {
        method: 'POST',
        headers: {
          ...format.defaults,
          ...call.headers,
          ...(provider.apiKey === null ? {} : format.credentials(provider.apiKey)),
          ...provider.headers,
        },
        body: sendable(call.body),
        signal: call.signal,
        redirect: 'manual',
      })
    },
  }
}

/** Pieces are written as the provider takes them; their length is announced as that of any body. */
function sendable(body: UpstreamBody): Uint8Array | ReadableStream<Uint8Array> {
  if (body instanceof Uint8Array) return body
  const { readable, writable } = new FixedLengthStream(body.reduce((length, piece) => length + piece.length, 0))
  // Should the call end before all is sent, the call itself tells.
  writeAll(writable.getWriter(), body).catch(() => undefined)
  return readable
}

/** The runtime copies what it is given to write. */
const SENT_AT_ONCE = 512 * 1024

async function writeAll(writer: WritableStreamDefaultWriter<Uint8Array>, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SENT_AT_ONCE) await writer.write(piece.subarray(at, at + SENT_AT_ONCE))
  }
  await writer.close()
}
