/** Real texts to make conversations of: this repository's and its packages', by what kind of text they are. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hashText } from '../../../src/core/dialects/scan/hash-lanes.ts'

export const KINDS = ['source code', 'bundled code', 'prose', 'data', 'other languages', 'mixed'] as const
export type Kind = (typeof KINDS)[number]

/** What one conversation may be about. */
const MIXED = ['source code', 'bundled code', 'prose', 'data'] as const

export interface SourceText {
  readonly path: string
  readonly text: string
}

const ROOT = join(import.meta.dirname, '../../..')
const LEAST_BYTES = 2_000
const MOST_BYTES = 400_000
const MOST_FILES = 400

interface Place {
  readonly folders: readonly string[]
  readonly pattern: RegExp
}

const PLACES: Readonly<Record<Exclude<Kind, 'mixed'>, Place>> = {
  'source code': { folders: ['src', 'test', 'node_modules/hono', 'node_modules/zod'], pattern: /\.(ts|tsx)$/ },
  'bundled code': {
    folders: ['node_modules/hono', 'node_modules/openai', 'node_modules/zod'],
    pattern: /\.(js|cjs|mjs)$/,
  },
  prose: { folders: ['node_modules'], pattern: /(README|CHANGELOG|LICENSE)[^/]*$/i },
  data: { folders: ['node_modules'], pattern: /(package|tsconfig|schema)[^/]*\.json$/ },
  'other languages': { folders: ['node_modules/zod/src/v4/locales'], pattern: /\.ts$/ },
}

/** Half of the files, by hash of their paths: figures are reported on these and fitted on the others. */
export function isHeldOut({ path }: SourceText): boolean {
  return hashText(path) % 2 === 1
}

/** The same files in the same order on every machine with the same packages. */
export function readTexts(kind: Kind): readonly SourceText[] {
  if (kind === 'mixed') return interleaved(MIXED.map(readTexts))
  const { folders, pattern } = PLACES[kind]
  const paths = folders.flatMap((folder) => filesIn(folder)).filter((path) => pattern.test(path))
  const step = Math.max(1, Math.floor(paths.length / MOST_FILES))
  return paths
    .toSorted()
    .filter((_path, index) => index % step === 0)
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => /\.(ts|tsx|js|cjs|mjs|json|md)$|README|LICENSE|CHANGELOG/.test(path))
    .filter((path) => {
      const stat = statSync(join(ROOT, path), { throwIfNoEntry: false })
      return stat?.isFile() === true && stat.size >= LEAST_BYTES && stat.size <= MOST_BYTES
    })
}

function interleaved(lists: readonly (readonly SourceText[])[]): SourceText[] {
  const most = Math.max(...lists.map((list) => list.length))
  return Array.from({ length: most }, (_none, index) => lists.flatMap((list) => list[index] ?? [])).flat()
}
