/**
 * The everyday words in which people ask a coding agent for work: concept -> phrases. It decides which phrases mean the
 * same; it never decides a task type (rules.ts does). Phrases are matched by stem, the longest first, so a longer phrase
 * takes its words away from a shorter one ("error handling" is no error).
 */
import { ENGLISH_THINGS } from './lexicon-things.ts'
import { ENGLISH_VERBS } from './lexicon-verbs.ts'

export type Verb = keyof typeof ENGLISH_VERBS
export type Concept = Verb | keyof typeof ENGLISH_THINGS

/** Concept -> phrases, separated by commas. */
export type Phrases = Partial<Readonly<Record<Concept, string>>>

export const ENGLISH: Phrases = { ...ENGLISH_VERBS, ...ENGLISH_THINGS }
export const VERBS: ReadonlySet<string> = new Set(Object.keys(ENGLISH_VERBS))

/** Words that may stand before the verb of a request: "ok, can you please also add ...". */
export const LEAD_INS = `
  please, pls, plz, can, could, would, will, you, we, i, lets, let, us, me, now, then, also, and, but, ok, okay,
  yes, yep, yeah, sure, so, well, hey, hi, hello, just, want, id, like, need, to, should, must, have, try, go,
  ahead, help, next, first, second, third, finally, lastly, additionally, quickly, quick, simply, maybe, instead,
  thanks, great, good, cool, nice, perfect, actually, hm, hmm, ah, oh, right, alright, kindly, still, again, your,
  task, is, trying, im, fully, properly, carefully, once, more, bitte, claude, codex, love, youre, going, gonna,
  wanna, feel, free, only, there, thing, todo, continue, do, gotta, either, at, least, immediately, manually,
  automatically, always, a, new
`

/** A clause that begins with one of these asks rather than orders, unless a verb of request follows ("can you add"). */
export const QUESTION_WORDS = `
  what, whats, why, how, hows, where, wheres, who, when, which, whose, is, are, was, were, does, did, has, had,
  should, am, any, q, question,
  warum, wieso, wie, wo, welche, pourquoi, comment, quelle, quel, quelles, quels, ou, que, por, porque, como, cual,
  cuales, donde, qual, quais, onde, почему, как, что, где, какие, какой, зачем
`

/** Words in which one slip of a finger is forgiven. */
export const KEY_WORDS = `
  refactor, rename, implement, docstring, dependency, upgrade, deadlock, architecture, security, vulnerability,
  autocomplete, boilerplate, review, missing, import, generate, intermittent, production, migrate, document,
  investigate, everywhere, codebase, repository, complete, optimize, function, failing, broken, explain, vulnerable,
  restructure, scaffold, typescript, corrupt, comment, variable, condition
`

/** The phrases of a list separated by commas. */
export function phrasesOf(list: string): string[] {
  return list
    .split(',')
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '')
}
