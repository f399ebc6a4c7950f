import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import type { BodyText } from '../../../src/core/dialects/body-text.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import { scanChatCompletions } from '../../../src/core/dialects/openai-chat-completions/scan.ts'
import { scanResponses } from '../../../src/core/dialects/openai-responses/scan.ts'

/** One request of a published client, as recorded; the texts are filler. */
export interface RecordedRequest {
  readonly label: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly scan: (body: BodyText) => RequestScan
}

const FOLDER = resolve(process.env['HEADGATE_SHARED'] ?? '../shared', 'fixtures')

const SCANNERS: readonly (readonly [RegExp, (body: BodyText) => RequestScan])[] = [
  [/^\/v1\/messages(?:\/count_tokens)?(?:\?|$)/, scanAnthropicMessages],
  [/^\/v1\/chat\/completions$/, scanChatCompletions],
  [/^\/v1\/responses$/, scanResponses],
]

/** The recorded model calls of a client, in order; null where the recordings are missing. */
export function recordedRequests(client: string): RecordedRequest[] | null {
  const file = resolve(FOLDER, `${client}.jsonl`)
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.flatMap((line, index) => {
    const { method, url, headers, body } = JSON.parse(line)
    const scanner = SCANNERS.find(([path]) => path.test(url))
    if (method !== 'POST' || scanner === undefined) return []
    return [{ label: `${client} ${index}`, headers, body, scan: scanner[1] }]
  })
}

/** What a skipped test says. */
export const NO_RECORDINGS = `no recorded requests in ${FOLDER} (HEADGATE_SHARED names their folder)`
