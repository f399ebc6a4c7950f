/**
 * Takes the texts of a request's new part apart by who wrote them.
 * It decides nothing about their meaning: that is each adapter's business.
 */
import type { ParsedMessage, RequestScan } from '../dialects/request-scan.ts'

/** The texts of the new messages with this role, in order. */
export function newTexts(scan: RequestScan, ...roles: readonly string[]): string[] {
  return scan.news.filter((message) => roles.includes(message.role)).flatMap(textsOf)
}

/** The texts of a message. */
function textsOf(message: ParsedMessage): string[] {
  return message.blocks.flatMap((block) => (block.type === 'text' && block.text !== '' ? [block.text] : []))
}

/** The results of tools in the new part. */
export function newResults(scan: RequestScan): { text: string; isError: boolean }[] {
  return scan.news.flatMap((message) =>
    message.blocks.flatMap((block) =>
      block.type === 'tool-result' ? [{ text: block.text, isError: block.isError }] : [],
    ),
  )
}

/** True if a person attached a picture or document to the new part (tools attach theirs inside their results). */
export function hasAttachment(scan: RequestScan): boolean {
  return scan.news.some(
    (message) =>
      message.role === 'user' && message.blocks.some((block) => block.type === 'image' || block.type === 'document'),
  )
}

/** A JSON object in a header or field, or an empty one. */
export function parseObject(json: string | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined || !json.startsWith('{')) return {}
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** The value if it is a string that says something, else null. */
export function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
