/**
 * Recognises what a client puts into the beginning of its prompt and changes from call to call: everything behind it is
 * then never found in a cache. It only tells; a system prompt is never rewritten, since signatures are bound to it.
 * A print holds hashes, no text.
 */
import type { RequestScan } from '../dialects/request-scan.ts'
import { hashText } from '../dialects/scan/hash-lanes.ts'

/** What in the prefix changes, as it is logged. */
export type VolatilePart =
  | 'billing_header'
  | 'timestamp'
  | 'request_id'
  | 'git_status'
  | 'working_directory'
  | 'tools'
  | 'unknown'

/** The prefix of one call: its hash, and the hashes of those parts of it that are known to change. */
export interface PrefixPrint {
  readonly staticHash: number
  readonly parts: Readonly<Partial<Record<VolatilePart, number>>>
}

interface Suspect {
  readonly part: VolatilePart
  readonly pattern: RegExp
  /** How far what changes reaches behind the beginning of the match, characters. */
  readonly reach: number
  /** It ends with its line. */
  readonly oneLine: boolean
}

const SUSPECTS: readonly Suspect[] = [
  { part: 'billing_header', pattern: /x-anthropic-billing-header:/i, reach: 400, oneLine: true },
  {
    part: 'timestamp',
    pattern: /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\b(?:current|local) time\b/i,
    reach: 80,
    oneLine: true,
  },
  { part: 'request_id', pattern: /\b(?:request|trace|nonce)[-_ ]?(?:id)?\s*[:=]/i, reach: 120, oneLine: true },
  { part: 'git_status', pattern: /\bgit ?status\b|\bcurrent branch:/i, reach: 2_000, oneLine: false },
  { part: 'working_directory', pattern: /\b(?:working directory|cwd)\b/i, reach: 300, oneLine: true },
]

/** A value made anew for each request, known by its name: told at the first call, before anything was compared. */
const NONCE = /x-anthropic-billing-header:[^"\\\n]*\bcch=[0-9a-f]+/i

/** The end of a line, or of a JSON string. */
const LINE_END = /\n|"/

/**
 * The print of a request's prefix.
 *
 * @param before the print of the thread's last call: most prefixes are the same, and so is their print; null: none
 */
export function prefixPrint(scan: RequestScan, before: PrefixPrint | null): PrefixPrint {
  if (before?.staticHash === scan.staticHash) return before
  const system = systemText(scan)
  const parts: Partial<Record<VolatilePart, number>> = {
    tools: hashText(`${scan.toolsBytes} ${scan.toolNames.join(' ')}`),
  }
  for (const { part, pattern, reach, oneLine } of SUSPECTS) {
    const at = system.search(pattern)
    if (at === -1) continue
    const text = system.slice(at, at + reach)
    parts[part] = hashText(oneLine ? (text.split(LINE_END, 1)[0] ?? '') : text)
  }
  return { staticHash: scan.staticHash, parts }
}

/**
 * What made this call's prefix differ from the one before; nothing where it did not. `unknown`: none of the known parts.
 *
 * @param before the print of the thread's last call; null: this is its first
 */
export function volatileParts(scan: RequestScan, before: PrefixPrint | null): VolatilePart[] {
  if (before === null) return NONCE.test(systemText(scan)) ? ['billing_header'] : []
  if (before.staticHash === scan.staticHash) return []
  const now = prefixPrint(scan, before).parts
  const changed = (Object.keys({ ...before.parts, ...now }) as VolatilePart[]).filter(
    (part) => before.parts[part] !== now[part],
  )
  return changed.length === 0 ? ['unknown'] : changed
}

/** System instructions as they stand in the body, wherever the dialect has them, cut into their lines. */
function systemText({ body, fields, messages, leadingInstructions }: RequestScan): string {
  const ranges = [
    fields.get('system') ?? fields.get('instructions'),
    ...messages.slice(0, leadingInstructions).map(({ range }) => range),
  ]
  return ranges
    .map((range) => (range === undefined ? '' : body.decode(range.start, range.end)))
    .join('\n')
    .replaceAll('\\n', '\n')
}
