/**
 * What the rules look at, computed once per typed text: the concepts it mentions, the verbs it asks with, whether it
 * asks or orders, and how long it is. It never decides a task type, and it never sees anything but what a person typed.
 */
import { ENGLISH, KEY_WORDS, LEAD_INS, phrasesOf, QUESTION_WORDS, VERBS } from './lexicon.ts'
import type { Concept, Phrases, Verb } from './lexicon.ts'
import { LATIN_LEXICONS } from './lexicon-latin.ts'
import { OTHER_SCRIPT_LEXICONS } from './lexicon-other-scripts.ts'
import { findPhrases, foldCase, indexPhrases, stemOf, tokenise } from './phrase-index.ts'
import type { Lexicon, PhraseHit, Token } from './phrase-index.ts'

export interface TaskFeatures {
  /** Every concept mentioned, verbs included, wherever it stands. */
  readonly concepts: ReadonlySet<Concept>
  /** The verbs that order something, in their order. */
  readonly verbs: readonly Verb[]
  /** What the text leads with: its first verb; all of them where the verb of a sentence may come last. */
  readonly leads: readonly Verb[]
  /** The concepts in the object of the first verb: in "write a script that runs the tests", no tests. */
  readonly object: ReadonlySet<Concept>
  /** A question and no order: "what does parse do?", but not "can you add a test?". */
  readonly question: boolean
  /** Words of the text without its fenced code. */
  readonly words: number
  /** Orders and list items: how many things are asked for. */
  readonly steps: number
  /** "to 5", "v2.1", "@^4": a version is named. */
  readonly version: boolean
  /** Texts in quotes: "change 'Foo' to 'Bar'". */
  readonly quoted: number
  readonly fencedCode: boolean
  /** Markers of a fill-in-the-middle request. */
  readonly fillMarkers: boolean
}

/** More of a text is never looked at. Its end counts too: an ask often follows a long paste. */
const HEAD_CHARACTERS = 4_500
const TAIL_CHARACTERS = 1_500
const MAX_LEAD_INS = 10
const MAX_OBJECT = 8

const INDEX = indexPhrases<Concept>(
  [
    lexiconOf(ENGLISH, false),
    ...[...LATIN_LEXICONS, ...OTHER_SCRIPT_LEXICONS].map((phrases) => lexiconOf(phrases, true)),
  ],
  phrasesOf(KEY_WORDS),
)
const LEAD_IN = new Set(phrasesOf(LEAD_INS).map(stemOf))
const QUESTION_WORD = new Set(phrasesOf(QUESTION_WORDS).map((word) => stemOf(foldCase(word))))
const OBJECT_ENDS = new Set(
  ['that', 'which', 'with', 'to', 'so', 'because', 'using', 'when', 'where', 'while', 'if', 'from', 'before', 'in'].map(
    stemOf,
  ),
)
const FILL_MARKERS = [
  '<fim_',
  '<|fim_',
  '<fim-',
  '<pre>',
  '{{fill_here}}',
  '<|cursor|>',
  '<cursor>',
  '[fim]',
  '<fill>',
  '▁<mid>',
]
const VERSION =
  /(?:^|[\s@^~])v?\d{1,4}(?:\.(?:\d{1,6}|x)){1,3}|@[\^~]?\d|\bv\d{1,3}\b|\bto \^?~?\d{1,3}(?![\d.]*(?:ms|s|m|h|px|em|%|k|kb|mb|gb))\b/
const QUOTED = /"[^"\n]{1,120}"|`[^`\n]{1,120}`|“[^”\n]{1,120}”|(?:^|\s)'[^'\n]{1,80}'/g
const LIST_ITEM = /^\s{0,8}(?:[-*+]|\d{1,2}[.)])\s/gm
const QUESTION_MARK = /[?？]["')\]]?\s*$/
const UNSPACED_QUESTION = /吗|怎么|为什么|什么|如何|是否|哪|ですか|なぜ|どう/
const UNSPACED_CHARACTER = /[\u3040-\u30ff\u3400-\u9fff]/g

/** Reads the features off a typed text of any length; it looks at 6,000 characters at most. */
export function featuresOf(typedText: string): TaskFeatures {
  const bounded = boundedText(typedText)
  const lower = bounded.toLowerCase()
  const prose = withoutFences(lower)
  const folded = foldCase(prose)
  const tokens = tokenise(folded)
  const hits = findPhrases(INDEX, tokens, folded)
  const concepts = new Set<Concept>()
  for (const hit of hits) for (const concept of hit.concepts) concepts.add(concept)
  const { verbs, leads, leadAt } = orderedVerbs(tokens, hits)
  return {
    concepts,
    verbs,
    leads,
    object: leadAt < 0 ? concepts : objectOf(tokens, hits, leadAt),
    question: asks(tokens, prose, verbs),
    words: tokens.length + Math.ceil((prose.match(UNSPACED_CHARACTER)?.length ?? 0) / 2),
    steps: new Set(verbs).size + (prose.match(LIST_ITEM)?.length ?? 0),
    version: VERSION.test(prose),
    quoted: prose.match(QUOTED)?.length ?? 0,
    fencedCode: prose.length !== lower.length,
    fillMarkers: FILL_MARKERS.some((marker) => lower.includes(marker)),
  }
}

function lexiconOf(phrases: Phrases, anywhere: boolean): Lexicon<Concept> {
  const entries = Object.entries(phrases).map(([concept, list]) => [concept, phrasesOf(list)])
  return { phrases: Object.fromEntries(entries), anywhere }
}

function boundedText(text: string): string {
  if (text.length <= HEAD_CHARACTERS + TAIL_CHARACTERS) return text
  return `${text.slice(0, HEAD_CHARACTERS)}\n${text.slice(-TAIL_CHARACTERS)}`
}

/** Code in fences is what the work is about, not what is asked. An open fence runs to the end. */
function withoutFences(text: string): string {
  if (!text.includes('```')) return text
  return text
    .split('```')
    .filter((_, part) => part % 2 === 0)
    .join('\n')
}

interface OrderedVerbs {
  readonly verbs: readonly Verb[]
  readonly leads: readonly Verb[]
  /** Token of the first verb; -1 if there is none, or in a language whose verbs may come last. */
  readonly leadAt: number
}

function orderedVerbs(tokens: readonly Token[], hits: readonly PhraseHit<Concept>[]): OrderedVerbs {
  const anywhere = hits.filter((hit) => hit.anywhere).flatMap(verbsOf)
  const byToken = new Map(hits.filter((hit) => !hit.anywhere).map((hit) => [hit.at, hit]))
  const english: PhraseHit<Concept>[] = []
  for (let at = 0; at < tokens.length; at++) {
    const hit = tokens[at]?.startsClause ? leadHit(tokens, at, byToken) : null
    if (hit) english.push(hit)
  }
  const verbs = [...anywhere, ...english.flatMap(verbsOf)]
  if (anywhere.length > 0 || !english[0]) return { verbs, leads: anywhere, leadAt: -1 }
  return { verbs, leads: verbsOf(english[0]), leadAt: english[0].at }
}

/** The concepts from the verb on, up to the end of its clause or to a word that begins something else. */
function objectOf(tokens: readonly Token[], hits: readonly PhraseHit<Concept>[], leadAt: number): Set<Concept> {
  let end = leadAt + 1
  while (end < tokens.length && end <= leadAt + MAX_OBJECT && !endsObject(tokens[end])) end++
  return new Set(hits.filter((hit) => hit.at >= leadAt && hit.at < end).flatMap((hit) => hit.concepts))
}

function endsObject(token: Token | undefined): boolean {
  return token === undefined || token.startsClause || OBJECT_ENDS.has(token.stem)
}

/** The verb a clause leads with, after its lead-ins. A verb may itself be a lead-in word ("try", "continue"). */
function leadHit(
  tokens: readonly Token[],
  start: number,
  byToken: ReadonlyMap<number, PhraseHit<Concept>>,
): PhraseHit<Concept> | null {
  for (let at = start; at < start + MAX_LEAD_INS; at++) {
    const token = tokens[at]
    if (!token || (at > start && token.startsClause)) return null
    const hit = byToken.get(at)
    if (hit && !token.inflected && verbsOf(hit).length > 0) return hit
    if (!LEAD_IN.has(token.stem)) return null
  }
  return null
}

function verbsOf(hit: PhraseHit<Concept>): Verb[] {
  return hit.concepts.filter((concept): concept is Verb => VERBS.has(concept))
}

const TELLING: ReadonlySet<Verb> = new Set<Verb>(['explain'])

function asks(tokens: readonly Token[], prose: string, verbs: readonly Verb[]): boolean {
  if (verbs.some((verb) => !TELLING.has(verb))) return false
  const first = tokens[0]?.stem
  return QUESTION_MARK.test(prose) || (first !== undefined && QUESTION_WORD.has(first)) || UNSPACED_QUESTION.test(prose)
}
