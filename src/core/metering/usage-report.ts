/**
 * What one report of usage changes of what was known. Providers report once, at the end, or several times; each report
 * tells all until then, and servers in between add reports that hold zeros or nothing. So, field by field:
 *
 * - A count above zero replaces the one before, up or down: only the provider knows, and it may correct itself.
 * - Zero, nothing, or what is no count never lowers a total: no answer has no prompt, and none that said something has
 *   no output.
 * - How the prompt's total splits by cache follows the report where that names the kind, down to zero too as long as the
 *   tokens are in another kind then; a kind that is not named stays as it was.
 * - Output that comes after a report is not in its count.
 */
import type { Json } from './json-reading.ts'
import { count, tokens } from './json-reading.ts'
import type { ReadingDraft } from './stream-reading.ts'

/** Notes how far a report's count of output goes. It is called before the report's usage is folded in. */
export function noteOutputCount(draft: ReadingDraft, told: unknown): void {
  if (count(told) === null) return
  const saysNothing = tokens(told) === 0 && draft.usage.outputTokens > 0 && draft.outputBytes > 0
  if (!saysNothing) draft.countedBytes = draft.outputBytes
}

/** Notes whether the named members hold a number that counts nothing: below zero, broken, or without an end. */
export function noteImpossibleCounts(draft: ReadingDraft, raw: Json, names: readonly string[]): void {
  draft.impossibleCount ||= names.some((name) => typeof raw[name] === 'number' && count(raw[name]) === null)
}
