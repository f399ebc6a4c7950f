/** What a schema finds wrong with a value, in words for whoever typed it. */
import type * as z from 'zod'
import { issueWords } from '../../core/issue-words.ts'

type Issue = z.core.$ZodIssue

/**
 * @param place what was typed where, as in `--limit-usd`
 * @param value what was given there; undefined: nothing
 * @returns a sentence
 */
export function problemSentence(place: string, issue: Issue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${key}"`).join(', ')
    return `${place} ${place.startsWith('--') ? 'takes' : 'has'} no ${names}.`
  }
  const words = issueWords(issue).replaceAll('`', '')
  if (issue.code === 'invalid_key') return `${place} ${words}.`
  if (value === undefined) return `${place} is needed.`
  const isPlain = typeof value === 'string' || typeof value === 'number'
  const seen = isPlain && value !== '' && /^m(?:ust|ay) /.test(words) ? `, not ${JSON.stringify(shortened(value))}` : ''
  // Words of our own that begin with no verb are a sentence of their own.
  const follow = issue.code !== 'custom' || /^(?:must|may|is) /.test(words)
  return follow ? `${place} ${words}${seen}.` : `${place}: ${words}.`
}

const MOST_SHOWN = 80

/** Whoever typed it knows it by its beginning. */
function shortened(value: string | number): string | number {
  return typeof value === 'string' && value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}...` : value
}
