/** How OpenAI's APIs say that a field is wrong: https://platform.openai.com/docs/guides/error-codes */
import type { FieldWording, JsonKind } from './request-fields.ts'

const ARTICLES: Readonly<Record<JsonKind, string>> = {
  string: 'a string',
  array: 'an array',
  object: 'an object',
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  null: 'null',
}

export const OPENAI_WORDING: FieldWording = {
  missing: (field) => `Missing required parameter: '${field}'.`,
  wrongType: (field, expected, got) =>
    `Invalid type for '${field}': expected ${ARTICLES[expected]}, but got ${ARTICLES[got]} instead.`,
  empty: (field, expected) =>
    expected === 'array'
      ? `Invalid '${field}': empty array. Expected an array with minimum length 1, but got an empty array instead.`
      : `Invalid '${field}': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
  tooSmall: (field, minimum, got) =>
    `Invalid '${field}': integer below minimum value. Expected a value >= ${minimum}, but got ${got} instead.`,
  tooLong: (field, most, got) =>
    `Invalid '${field}': string too long. Expected a string with maximum length ${most}, but got a string with length ${got} instead.`,
}
