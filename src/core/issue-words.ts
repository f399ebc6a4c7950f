/** What a schema finds wrong with a value, in words that follow the value's name: `must be at least 0`. */
import type * as z from 'zod'

type Issue = z.core.$ZodIssue

export function issueWords(issue: Issue): string {
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
    case 'unrecognized_keys':
      return `has no ${issue.keys.map((key) => `"${key}"`).join(', ')}`
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
  return issueWords(issue).replace(/^must be /, '')
}

function lowerBound({ origin, minimum, inclusive }: Extract<Issue, { code: 'too_small' }>): string {
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have ${minimum} characters at least`
  if (origin === 'array') return `needs ${minimum} at least`
  return `must be ${inclusive === false ? 'above' : 'at least'} ${minimum}`
}

function upperBound({ origin, maximum, inclusive }: Extract<Issue, { code: 'too_big' }>): string {
  if (origin === 'string') return `may have ${maximum} characters at most`
  if (origin === 'array') return `may have ${maximum} at most`
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
