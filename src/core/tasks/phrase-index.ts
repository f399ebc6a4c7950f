/**
 * Finds the phrases of a lexicon in a text, in one pass over its words. It decides what counts as the same word
 * (case, accents, common English endings, one slip of a finger in a key word) and which phrase wins where several
 * begin (the longest). It never uses a regular expression over the text as a whole, so no text can make it slow.
 */

/** A word of the text, normalised, and whether a clause begins with it. */
export interface Token {
  readonly stem: string
  readonly startsClause: boolean
  /** Ends in -ed or -ing: tells what was or is being done, so it is no order. */
  readonly inflected: boolean
}

export interface PhraseHit<Concept extends string> {
  readonly concepts: readonly Concept[]
  /** Index of its first word among the tokens; -1 in a script without spaces. */
  readonly at: number
  /** Its verbs count wherever they stand: the phrase belongs to a language whose verbs may come last. */
  readonly anywhere: boolean
}

/** concept -> phrases. */
export interface Lexicon<Concept extends string> {
  readonly phrases: Readonly<Partial<Record<Concept, readonly string[]>>>
  readonly anywhere: boolean
}

interface Entry<Concept extends string> {
  readonly stems: readonly string[]
  readonly concepts: Concept[]
  readonly anywhere: boolean
}

interface UnspacedEntry<Concept extends string> {
  readonly text: string
  readonly concepts: Concept[]
}

export interface PhraseIndex<Concept extends string> {
  /** First word of a phrase -> its phrases, longest first. */
  readonly byFirstWord: ReadonlyMap<string, readonly Entry<Concept>[]>
  /** For scripts without spaces: first character -> phrases, longest first. */
  readonly byFirstCharacter: ReadonlyMap<string, readonly UnspacedEntry<Concept>[]>
  readonly slips: Slips
}

interface Slips {
  /** A key word with one letter left out -> the key word. */
  readonly byText: ReadonlyMap<string, string>
  /** Of all of them: most words are ruled out without being cut into pieces. */
  readonly shapes: ReadonlySet<number>
}

const WORD_OR_BOUNDARY = /[\p{L}\p{N}_]+(?:['’][\p{L}\p{N}_]+)*|[!?;:,.\n(](?=\s|$)|\n|[。！？；，、]/gu
/** The same of a text in ASCII alone, and faster: no character is looked up in Unicode's tables. */
const ASCII_WORD_OR_BOUNDARY = /\w+(?:'\w+)*|[!?;:,.\n(](?=\s|$)|\n/g
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff]/
const NOT_ASCII = /[^\0-\x7f]/
const APOSTROPHE = /['’]/
const INFLECTED = /..(?:ed|ing)$/
const DOUBLED = /([bdgmnprt])\1$/
/** How many tokens of a text are looked at; a person's request states its purpose long before. */
const MAX_TOKENS = 1500
/** Letters a word may have: what is longer is an identifier or noise, and is cut. */
const MAX_WORD = 40
/** A slip of a finger is only looked for in the beginning of a text. */
const MAX_SLIP_TOKENS = 40

/** Lower case, without accents (Latin and Cyrillic), in composed form. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase()
  return NOT_ASCII.test(lower)
    ? lower
        .normalize('NFD')
        .replace(/[\u0300-\u036f]/g, '')
        .normalize('NFC')
    : lower
}

/** The word without the endings English adds; other languages' words come out the same on both sides, which is enough. */
export function stemOf(word: string): string {
  const plain = (APOSTROPHE.test(word) ? word.replaceAll(/['’]/g, '') : word).slice(0, MAX_WORD)
  if (plain.length < 4 || plain.endsWith('ss')) return plain
  let stem = plain
  if (plain.endsWith('ies') && plain.length > 4) stem = `${plain.slice(0, -3)}y`
  else if (plain.endsWith('ing') && plain.length > 5 && !plain.endsWith('string')) stem = plain.slice(0, -3)
  else if (plain.endsWith('ed') && plain.length > 4) stem = plain.slice(0, -2)
  else if (plain.endsWith('es') && plain.length > 4) stem = plain.slice(0, -2)
  else if (plain.endsWith('s')) stem = plain.slice(0, -1)
  if (stem !== plain && stem.length > 3 && DOUBLED.test(stem)) stem = stem.slice(0, -1)
  return stem.length > 4 && stem.endsWith('e') ? stem.slice(0, -1) : stem
}

/** Splits folded text into stems and notes where clauses begin (after punctuation, a line end, or "and", "then"). */
export function tokenise(folded: string): Token[] {
  const tokens: Token[] = []
  let startsClause = true
  const pieces = folded.match(NOT_ASCII.test(folded) ? WORD_OR_BOUNDARY : ASCII_WORD_OR_BOUNDARY) ?? []
  for (const piece of pieces) {
    if (tokens.length >= MAX_TOKENS) break
    const first = piece.charCodeAt(0)
    const isWord =
      first > 127 ? !'。！？；，、'.includes(piece) : first >= 48 && first !== 58 && first !== 59 && first !== 63
    if (isWord) tokens.push({ stem: stemOf(piece), startsClause, inflected: INFLECTED.test(piece) })
    startsClause = !isWord || piece === 'and' || piece === 'then' || piece === 'but'
  }
  return tokens
}

/** Builds the index. `keyWords` are the single words in which one slip of a finger is forgiven. */
export function indexPhrases<Concept extends string>(
  lexicons: readonly Lexicon<Concept>[],
  keyWords: readonly string[],
): PhraseIndex<Concept> {
  const words = new Map<string, Entry<Concept>[]>()
  const characters = new Map<string, UnspacedEntry<Concept>[]>()
  for (const { phrases, anywhere } of lexicons) {
    for (const concept of Object.keys(phrases) as Concept[]) {
      for (const phrase of phrases[concept] ?? []) {
        const folded = foldCase(phrase)
        if (UNSPACED.test(folded)) addCharacters(characters, folded, concept)
        else addWords(words, { stems: tokenise(folded).map((token) => token.stem), concepts: [concept], anywhere })
      }
    }
  }
  for (const list of words.values()) list.sort((a, b) => b.stems.length - a.stems.length)
  for (const list of characters.values()) list.sort((a, b) => b.text.length - a.text.length)
  return { byFirstWord: words, byFirstCharacter: characters, slips: slipsOf(keyWords) }
}

/** Every phrase found, in order; where several begin at a word the longest wins and its words are used up. */
export function findPhrases<Concept extends string>(
  index: PhraseIndex<Concept>,
  tokens: readonly Token[],
  folded: string,
): PhraseHit<Concept>[] {
  const hits: PhraseHit<Concept>[] = []
  for (let at = 0; at < tokens.length;) {
    const entry = longestAt(index, tokens, at)
    if (entry) hits.push({ concepts: entry.concepts, at, anywhere: entry.anywhere })
    at += entry ? entry.stems.length : 1
  }
  if (UNSPACED.test(folded)) findUnspaced(index, folded, hits)
  return hits
}

function longestAt<Concept extends string>(index: PhraseIndex<Concept>, tokens: readonly Token[], at: number) {
  const stem = (tokens[at] as Token).stem
  const candidates = index.byFirstWord.get(stem) ?? index.byFirstWord.get(forgiven(index, stem, at))
  return candidates?.find((entry) =>
    entry.stems.every((word, offset) => offset === 0 || tokens[at + offset]?.stem === word),
  )
}

/** The key word that `stem` is one slip away from (a letter more, less, other, or two swapped), or `stem` itself. */
function forgiven(index: PhraseIndex<string>, stem: string, at: number): string {
  const { length } = stem
  if (at >= MAX_SLIP_TOKENS || length < 5 || length > 16) return stem
  const { byText, shapes } = index.slips
  const last = length - 1
  const whole = shapes.has(shapeOf(stem, length, 1, last)) ? byText.get(stem) : undefined
  if (whole !== undefined) return whole
  const cutInside = shapes.has(shapeOf(stem, last, 1, last))
  const cutSecond = shapes.has(shapeOf(stem, last, 2, last))
  const cutLast = shapes.has(shapeOf(stem, last, 1, last - 1))
  if (!cutInside && !cutSecond && !cutLast) return stem
  for (let cut = 1; cut < length; cut++) {
    const found = byText.get(stem.slice(0, cut) + stem.slice(cut + 1))
    if (found !== undefined) return found
  }
  return stem
}

/** Length and three letters of a word: that of `word`, or of what is left of it when one of its letters is cut out. */
function shapeOf(word: string, length: number, second: number, last: number): number {
  const letters = (word.charCodeAt(0) * 257 + word.charCodeAt(second)) * 257 + word.charCodeAt(last)
  return letters * 64 + length
}

function findUnspaced<Concept extends string>(
  index: PhraseIndex<Concept>,
  folded: string,
  hits: PhraseHit<Concept>[],
): void {
  for (let at = 0; at < folded.length;) {
    const found = index.byFirstCharacter.get(folded.charAt(at))?.find((entry) => folded.startsWith(entry.text, at))
    if (found) hits.push({ concepts: found.concepts, at: -1, anywhere: true })
    at += found ? found.text.length : 1
  }
}

function addWords<Concept extends string>(words: Map<string, Entry<Concept>[]>, entry: Entry<Concept>): void {
  const first = entry.stems[0]
  if (first === undefined) return
  const list = words.get(first) ?? []
  words.set(first, list)
  const key = entry.stems.join(' ')
  const same = list.find((other) => other.stems.join(' ') === key)
  if (!same) list.push(entry)
  else same.concepts.push(...entry.concepts.filter((concept) => !same.concepts.includes(concept)))
}

function addCharacters<Concept extends string>(
  characters: Map<string, UnspacedEntry<Concept>[]>,
  text: string,
  concept: Concept,
): void {
  const list = characters.get(text.charAt(0)) ?? []
  characters.set(text.charAt(0), list)
  const same = list.find((entry) => entry.text === text)
  if (!same) list.push({ text, concepts: [concept] })
  else if (!same.concepts.includes(concept)) same.concepts.push(concept)
}

/** The first letter is kept: people rarely miss it, and it keeps unlike words apart. */
function slipsOf(keyWords: readonly string[]): Slips {
  const byText = new Map<string, string>()
  for (const word of keyWords) {
    const stem = stemOf(word)
    byText.set(stem, stem)
    for (let cut = 1; cut < stem.length; cut++) byText.set(stem.slice(0, cut) + stem.slice(cut + 1), stem)
  }
  return { byText, shapes: new Set([...byText.keys()].map((slip) => shapeOf(slip, slip.length, 1, slip.length - 1))) }
}
