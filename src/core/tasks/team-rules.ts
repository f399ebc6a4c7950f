/**
 * A team's own rules: plain data that can live in a policy's JSON. They are held against what the person typed before
 * any shipped rule, in their order. There are no regular expressions in them: phrases with `*` for a gap, and globs for
 * paths, so that no rule can make a call slow.
 */
import * as z from 'zod'
import type { RequestSignals } from '../signals/request-signals.ts'
import { pathMatches } from './path-glob.ts'
import { foldCase } from './phrase-index.ts'
import { TASK_TYPES, type TaskType } from './task-types.ts'

/** Looks like a regular expression: refused, since it would silently never match. */
const LOOKS_LIKE_REGEX = /[\\^$|]|\.[*+]|\(\?|\[[^\]]*\]/
const MAX_PHRASES = 500

const phraseSchema = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .refine((phrase) => /[^\s*]/.test(phrase), { error: 'a phrase needs a word besides its gaps' })
  .refine((phrase) => !LOOKS_LIKE_REGEX.test(phrase), {
    error: 'a phrase is no regular expression: write words, and * for a gap',
  })

const globSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((glob) => !/[[\]{}()^$+|]/.test(glob) && !glob.includes('***'), {
    error: 'a file path glob knows *, ** and ? only',
  })

const phraseList = z.array(phraseSchema).min(1).max(50)

/** One rule of a team. Every field given must hold; at least one condition is needed. */
export const teamRuleSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
    taskType: z.enum(TASK_TYPES as [TaskType, ...TaskType[]]).exclude(['utility']),
    confidence: z.number().min(0).max(1).default(1),
    /** One of these phrases is in the text. */
    anyOf: phraseList.optional(),
    /** All of these phrases are in the text. */
    allOf: phraseList.optional(),
    /** None of these phrases is in the text. */
    noneOf: phraseList.optional(),
    /** A file path in the text matches one of these globs. */
    filePaths: z.array(globSchema).min(1).max(50).optional(),
    /** The call comes from one of these coding agents. */
    agents: z.array(z.string().min(1).max(64)).min(1).max(20).optional(),
    subagent: z.boolean().optional(),
    planMode: z.boolean().optional(),
    minWords: z.int().min(0).max(100_000).optional(),
    maxWords: z.int().min(0).max(100_000).optional(),
  })
  .refine((rule) => Object.keys(rule).some((key) => !['id', 'taskType', 'confidence', 'noneOf'].includes(key)), {
    error: 'a rule needs a condition besides noneOf',
  })
  .refine((rule) => (rule.minWords ?? 0) <= (rule.maxWords ?? Infinity), { error: 'minWords is above maxWords' })

/** A team's rules, in order: ids are unique, and their phrases together are few enough to stay in microseconds. */
export const teamRulesSchema = z
  .array(teamRuleSchema)
  .max(100)
  .refine((rules) => new Set(rules.map((rule) => rule.id)).size === rules.length, { error: 'rule ids must be unique' })
  .refine((rules) => rules.reduce((sum, rule) => sum + phraseCount(rule), 0) <= MAX_PHRASES, {
    error: `at most ${MAX_PHRASES} phrases and globs over all rules`,
  })

export type TeamRule = z.infer<typeof teamRuleSchema>

/** The first rule that matches, or null. */
export function matchTeamRules(rules: readonly TeamRule[], signals: RequestSignals): TeamRule | null {
  if (rules.length === 0) return null
  const text = spaced(signals.typedText.slice(0, 8_000))
  return rules.find((rule) => teamRuleMatches(rule, signals, text)) ?? null
}

function teamRuleMatches(rule: TeamRule, signals: RequestSignals, text: string): boolean {
  const has = (phrase: string) => containsPhrase(text, phrase)
  return (
    (rule.agents === undefined || rule.agents.includes(signals.agent)) &&
    (rule.subagent === undefined || rule.subagent === signals.subagent) &&
    (rule.planMode === undefined || rule.planMode === signals.planMode) &&
    signals.words >= (rule.minWords ?? 0) &&
    signals.words <= (rule.maxWords ?? Infinity) &&
    (rule.filePaths === undefined || anyPath(rule.filePaths, signals.filePaths)) &&
    (rule.anyOf === undefined || rule.anyOf.some(has)) &&
    (rule.allOf === undefined || rule.allOf.every(has)) &&
    (rule.noneOf === undefined || !rule.noneOf.some(has))
  )
}

function anyPath(globs: readonly string[], paths: readonly string[]): boolean {
  return paths.slice(0, 50).some((path) => globs.some((glob) => pathMatches(glob, path.slice(0, 300))))
}

/** The parts of the phrase, in order, each bounded by something that is no word. Linear: it never goes back. */
function containsPhrase(text: string, phrase: string): boolean {
  let from = 0
  for (const part of phrase.split('*')) {
    const wanted = spaced(part).trim()
    if (wanted === '') continue
    const at = wordAlignedIndex(text, wanted, from)
    if (at < 0) return false
    from = at + wanted.length
  }
  return true
}

function wordAlignedIndex(text: string, wanted: string, from: number): number {
  for (let at = text.indexOf(wanted, from); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const free =
      !glued(text.charAt(at - 1), wanted.charAt(0)) &&
      !glued(text.charAt(at + wanted.length), wanted.charAt(wanted.length - 1))
    if (free) return at
  }
  return -1
}

const WORD_CHARACTER = /[\p{L}\p{N}_]/u
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff]/

/** Two characters that belong to one word; scripts without spaces have no such bounds. */
function glued(outside: string, inside: string): boolean {
  return WORD_CHARACTER.test(outside) && WORD_CHARACTER.test(inside) && !UNSPACED.test(inside)
}

function spaced(text: string): string {
  return foldCase(text).replace(/\s+/g, ' ')
}

function phraseCount(rule: TeamRule): number {
  return [rule.anyOf, rule.allOf, rule.noneOf, rule.filePaths].reduce((sum, list) => sum + (list?.length ?? 0), 0)
}
