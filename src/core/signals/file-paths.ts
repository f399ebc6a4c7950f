/**
 * Finds the files a person names: Unix and Windows paths, and bare names with the extension of a source file.
 * It decides by spelling alone. URLs, versions, products ("Node.js"), calls ("user.save()") and pairs ("client/server")
 * are no files. One pass over the words, no search back and forth.
 */

const EXTENSIONS: ReadonlySet<string> = setOf(
  'ts tsx mts cts js jsx mjs cjs vue svelte astro py pyi pyx ipynb rb erb rake go rs java kt kts scala groovy clj cljs ' +
    'cs fs vb csproj sln php c h cc cpp cxx hpp hh m mm swift dart lua pl pm r jl ex exs erl hrl hs elm ml mli zig nim ' +
    'sh bash zsh fish ps1 bat cmd sql graphql gql proto prisma tf tfvars hcl nix json jsonc json5 yaml yml toml ini cfg ' +
    'conf env xml html htm css scss sass less md mdx rst txt csv lock gradle cmake mk dockerfile snap wasm sol',
)

const WHOLE_NAMES: ReadonlySet<string> = setOf(
  'Dockerfile Makefile Gemfile Rakefile Procfile Jenkinsfile Vagrantfile Justfile CODEOWNERS go.mod go.sum .gitignore .env .npmrc',
)

const PRODUCTS =
  /^(?:node|next|nuxt|vue|react|express|three|d3|angular|ember|backbone|alpine|chart|discord|p5|moment|nest|solid|asp)\.(?:js|ts|net)$/i

/** First directories that mark a slashed word as a path although it names no file with an extension. */
const ROOTS: ReadonlySet<string> = setOf(
  'home Users etc usr var tmp opt srv mnt root src lib app apps test tests spec packages cmd internal pkg docs scripts',
)

/** The same, for words that are said in pairs too ("client/server"): a third part must follow. */
const PAIRED_ROOTS: ReadonlySet<string> = setOf(
  'client server config components pages public assets include modules workspace workspaces backend frontend core api',
)

const WORDS_READ = 2_000
const LONGEST_PATH = 260

/** Distinct paths in the text, in the order they appear, without line numbers. */
export function findFilePaths(text: string): string[] {
  const found = new Set<string>()
  let words = 0
  for (const match of text.matchAll(/[^\s()[\]{}<>"'`,;|*=]+\(?/g)) {
    if (++words > WORDS_READ) break
    const word = match[0]
    const called = word.endsWith('(')
    // "name.go(" is a call, "src/name.ts(12,5)" a place in a file.
    if (word.length > LONGEST_PATH || (called && !word.includes('/'))) continue
    const path = trimmed(called ? word.slice(0, -1) : word)
    if (path !== '' && isFilePath(path)) found.add(path)
  }
  return [...found]
}

function trimmed(word: string): string {
  const bare = word.replace(/^[@#]/, '').replace(/[.:!?…]+$/, '')
  return bare.replace(/:\d+(?::\d+)?(?:-\d+)?$/, '').replace(/#L\d+(?:-L?\d+)?$/, '')
}

function isFilePath(path: string): boolean {
  if (path.includes('://') || path.startsWith('www.') || path.startsWith('//') || path.includes('@')) return false
  if (/^[A-Za-z]:[\\/]/.test(path)) return path.length > 3
  if (path.includes('\\')) return hasExtension(path.slice(path.lastIndexOf('\\') + 1))
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  if (slash < 0) return !PRODUCTS.test(name) && (WHOLE_NAMES.has(name) || hasExtension(name))
  if (WHOLE_NAMES.has(name) || hasExtension(name)) return true
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
  if (/^(?:\.{1,2}|~)\//.test(path)) return segments.length > 0
  const root = segments[0] ?? ''
  // A leading slash is a route of some server as often as a path.
  return (
    (segments.length > 1 && ROOTS.has(root)) || (segments.length > 2 && !path.startsWith('/') && PAIRED_ROOTS.has(root))
  )
}

function hasExtension(name: string): boolean {
  const dot = name.lastIndexOf('.')
  if (dot < 0 || dot === name.length - 1) return false
  const stem = name.slice(0, dot)
  // A stem of digits and dots is a version, and `*.ts` alone names no file.
  if (stem !== '' && !/[A-Za-z_$]/.test(stem)) return false
  const extension = name.slice(dot + 1).toLowerCase()
  if (extension.length === 1 && stem.includes('.')) return false
  return stem !== '' && EXTENSIONS.has(extension)
}

function setOf(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}
