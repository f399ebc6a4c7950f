/**
 * Recognises an agent's own small calls by their shape, for any client.
 * It decides which kind such a call is; a call with tools is never one of them here.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import type { UtilityKind } from './agent-reading.ts'
import { newTexts } from './request-texts.ts'

/** Titles come alone or with a short companion (a branch name). */
const TITLE_PROPERTIES = 2

/** How much of a text is looked at. */
const OPENING = 400

/** The kind of utility call this is, by shape alone; null if it is none. */
export function utilityByShape(scan: RequestScan): UtilityKind | null {
  if (scan.needs.tools) return null
  const { schemaProperties } = scan
  if (scan.outputLimit?.tokens === 1) return 'quota'
  if (schemaProperties.includes('isNewTopic')) return 'topic'
  if (schemaProperties.includes('title') && schemaProperties.length <= TITLE_PROPERTIES) return 'title'
  if (scan.lastAssistant >= 0) return null
  return utilityByOpening(scan)
}

function utilityByOpening(scan: RequestScan): UtilityKind | null {
  const system = scan.systemStart.slice(0, OPENING)
  const user = (newTexts(scan, 'user')[0] ?? '').trimStart().slice(0, OPENING)
  if (/\bisNewTopic\b|new conversation topic/.test(scan.systemStart)) return 'topic'
  if (
    /^You are a title generator\b/i.test(system) ||
    /^Generate a (?:short |concise |brief )?title for this conversation/i.test(user)
  ) {
    return 'title'
  }
  if (
    /\b(?:write|generate|create) a [^.\n]{0,60}\btitle\b[^.\n]{0,60}\b(?:conversation|chat|session)\b/i.test(system)
  ) {
    return 'title'
  }
  return user.startsWith('Web page content:\n---') ? 'summary' : null
}
