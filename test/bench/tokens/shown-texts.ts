/** Real texts as an agent's request holds them, by the part of the request that holds them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTexts, type SourceText } from './source-texts.ts'

export const PARTS = ['system', 'tools', 'said', 'input', 'result'] as const
export type Part = (typeof PARTS)[number]

const ROOT = join(import.meta.dirname, '../../..')
/** JSON schemas with descriptions written for people: what definitions of tools consist of. */
const SCHEMAS = [
  'node_modules/wrangler/config-schema.json',
  'node_modules/knip/schema.json',
  'node_modules/oxlint/configuration_schema.json',
  'node_modules/oxfmt/configuration_schema.json',
]
const SHOWN_CHARACTERS = 12_000
const EDITED_CHARACTERS = 600

/** @returns texts by part, each under the path of the file that it was made of */
export function shownTexts(): Readonly<Record<Part, readonly SourceText[]>> {
  const prose = readTexts('prose')
  const code = readTexts('source code')
  const files = [...code, ...readTexts('bundled code'), ...prose, ...readTexts('data'), ...readTexts('other languages')]
  return {
    system: prose.map(part(SHOWN_CHARACTERS)),
    tools: schemaTools(),
    said: prose.flatMap(paragraphs),
    input: [...code, ...prose].map(edit),
    result: files.map(part(SHOWN_CHARACTERS)).map((file, index) => {
      const { path, text } = file
      const show = SHOWN[index % SHOWN.length] as (typeof SHOWN)[number]
      return { path, text: show(text, path) }
    }),
  }
}

/** As read tools, a shell and a search show a file. */
export const SHOWN: readonly ((text: string, path: string) => string)[] = [
  (text) => numbered(text, '\t'),
  (text) => numbered(text, '→'),
  (text) => text,
  (text, path) =>
    text
      .split('\n')
      .slice(0, 150)
      .flatMap((line, index) => (index % 3 === 0 ? [`${path}:${index + 1}:${line}`] : []))
      .join('\n'),
]

/** As a read tool shows a file. */
export function numbered(text: string, mark: string): string {
  return text
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(6)}${mark}${line}`)
    .join('\n')
}

function part(characters: number): (file: SourceText) => SourceText {
  return ({ path, text }) => ({ path, text: text.slice(0, characters) })
}

function paragraphs({ path, text }: SourceText): SourceText[] {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => /^[A-Z][^|<>{}]{80,}[.:]$/s.test(paragraph))
    .map((paragraph) => ({ path, text: paragraph }))
}

function edit({ path, text }: SourceText): SourceText {
  const start = Math.floor(text.length / 3)
  const before = text.slice(start, start + EDITED_CHARACTERS)
  const after = text.slice(start + EDITED_CHARACTERS / 2, start + 2 * EDITED_CHARACTERS)
  const input = { file_path: `/home/dev/app/${path}`, old_string: before, new_string: after }
  return { path, text: JSON.stringify(input) }
}

/** Every described object of the schemas as a tool. */
function schemaTools(): SourceText[] {
  return SCHEMAS.flatMap((path) => objectsOf(JSON.parse(readFileSync(join(ROOT, path), 'utf8')), path))
}

function objectsOf(value: unknown, path: string): SourceText[] {
  if (typeof value !== 'object' || value === null) return []
  const nested = Object.entries(value).flatMap(([name, inner]) => objectsOf(inner, `${path}/${name}`))
  if (!('properties' in value) || Array.isArray(value)) return nested
  const tool = { name: path.split('/').at(-1), description: describe(value), input_schema: value }
  const text = JSON.stringify(tool)
  return text.length < 600 || text.length > 8_000 ? nested : [...nested, { path, text }]
}

function describe(value: object): string {
  return 'description' in value && typeof value.description === 'string' ? value.description : ''
}
