/** What a schema finds wrong with a value, in words for whoever typed it. */
import type * as z from 'zod'

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
  const words = wordsOf(issue).replaceAll('`', '')
  if (issue.code === 'invalid_key') return `${place} ${words}.`
  if (value === undefined) return `${place} is needed.`
  const seen = typeof value === 'string' || typeof value === 'number' ? `, not ${JSON.stringify(value)}` : ''
  // Words of our own that begin with no verb are a sentence of their own.
  return issue.code === 'custom' ? `${place}: ${words}.` : `${place} ${words}${value === '' ? '' : seen}.`
}

function wordsOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return lowerBound(issue)
    case 'too_big':
      return upperBound(issue)
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_format':
      // A message of ours begins with a verb in lower case; zod's own begins with a capital letter.
      if (/^[a-z]/.test(issue.message)) return issue.message
      return issue.format === 'email' ? 'must be an e-mail address' : `must be a valid ${issue.format}`
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0]?.message ?? issue.message
    case 'invalid_union':
      return `must be ${[...new Set(issue.errors.flatMap(([first]) => (first === undefined ? [] : [choiceOf(first)])))].join(' or ')}`
    default:
      return issue.message
  }
}

function choiceOf(issue: Issue): string {
  return wordsOf(issue).replace(/^must be /, '')
}

function lowerBound({ origin, minimum, inclusive }: Extract<Issue, { code: 'too_small' }>): string {
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have ${minimum} characters at least`
  if (origin === 'array') return `needs ${minimum} at least`
  return `must be ${inclusive === false ? 'above' : 'at least'} ${minimum}`
}

function upperBound({ origin, maximum, inclusive }: Extract<Issue, { code: 'too_big' }>): string {
  if (origin === 'string') return `may have ${maximum} characters at most`
  if (origin === 'array') return `may be given ${maximum} times at most`
  return `must be ${inclusive === false ? 'below' : 'at most'} ${maximum}`
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
  record: 'a JSON object',
  null: 'none',
}
