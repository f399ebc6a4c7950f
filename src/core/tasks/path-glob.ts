/**
 * Holds a file path against a glob: `*` within a folder, `**` over folders, `?` one character. It never builds a
 * regular expression, so no pattern can make it slow: each of its two loops remembers only the last star.
 */

/** Whether the glob matches the path, or, for a glob without a folder in it, the path's last part. */
export function pathMatches(glob: string, path: string): boolean {
  const pattern = glob.split('/').filter((part) => part !== '' && part !== '.')
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
  if (pattern.length === 1 && pattern[0] !== '**')
    return parts.length > 0 && partMatches(pattern[0] as string, parts.at(-1) as string)
  return matchesWithStars(pattern, parts, '**', partMatches)
}

function partMatches(pattern: string, part: string): boolean {
  return matchesWithStars([...pattern], [...part], '*', (one, other) => one === '?' || one === other)
}

/** Greedy matching with one remembered star: at most pattern x text steps. */
function matchesWithStars(
  pattern: readonly string[],
  text: readonly string[],
  star: string,
  same: (pattern: string, text: string) => boolean,
): boolean {
  let at = 0
  let starAt = -1
  let resumeAt = 0
  for (let i = 0; i < text.length;) {
    const wanted = pattern[at]
    if (wanted === star) {
      starAt = at++
      resumeAt = i
    } else if (wanted !== undefined && same(wanted, text[i] as string)) {
      at++
      i++
    } else if (starAt >= 0) {
      at = starAt + 1
      i = ++resumeAt
    } else return false
  }
  while (pattern[at] === star) at++
  return at === pattern.length
}
