/**
 * What both OpenAI dialects say alike about images, files and cache marks: data URLs and breakpoints.
 * See https://developers.openai.com/api/docs/guides/images-vision and .../guides/prompt-caching.
 */
import type { CacheMark, MediaSource } from '../chat/chat-message.ts'
import type { JsonObject } from '../chat/json-value.ts'
import { isObject } from '../chat/json-value.ts'

const DATA_URL = /^data:([^;,]+)?(;[^,]*)?;base64,/

/** The source behind a URL, which may hold the bytes itself. */
export function sourceOfUrl(url: string): MediaSource {
  const found = DATA_URL.exec(url)
  if (found === null) return { kind: 'url', url }
  return { kind: 'base64', mediaType: found[1] ?? 'application/octet-stream', data: url.slice(found[0].length) }
}

/** The URL of a source; null: it lies in a file of a provider. */
export function urlOfSource(source: MediaSource): string | null {
  switch (source.kind) {
    case 'base64':
      return `data:${source.mediaType};base64,${source.data}`
    case 'url':
      return source.url
    case 'file':
      return null
  }
}

/** The cache mark of a content part, as a member to spread. */
export function breakpointOf(part: JsonObject): { readonly cacheMark?: CacheMark } {
  const mark = part['prompt_cache_breakpoint']
  if (!isObject(mark)) return {}
  return { cacheMark: mark['ttl'] === '12h' ? 'long' : 'short' }
}
