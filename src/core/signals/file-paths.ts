/**
 * Finds the files a person names: Unix and Windows paths, and bare names with the extension of a source file.
 * It decides by spelling alone. URLs, versions, products ("Node.js"), calls ("user.save()") and pairs ("client/server")
 * are no files. One pass over the words, no search back and forth.
 */

const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'ts tsx mts cts js jsx mjs cjs vue svelte astro py pyi pyx ipynb rb erb rake go rs java kt kts scala groovy clj cljs ' +
    'cs fs vb csproj sln php c h cc cpp cxx hpp hh m mm swift dart lua pl pm r jl ex exs erl hrl hs elm ml mli zig nim ' +
    'sh bash zsh fish ps1 bat cmd sql graphql gql proto prisma tf tfvars hcl nix json jsonc json5 yaml yml toml ini cfg ' +
    'conf env xml html htm css scss sass less md mdx rst txt csv lock gradle cmake mk dockerfile snap wasm sol'
  ).split(' '),
)

const WHOLE_NAMES: ReadonlySet<string> = new Set(
  'Dockerfile Makefile Gemfile Rakefile Procfile Jenkinsfile Vagrantfile Justfile CODEOWNERS go.mod go.sum .gitignore .env .npmrc'.split(
    ' ',
  ),
)

const PRODUCTS =
  /^(?:node|next|nuxt|vue|react|express|three|d3|angular|ember|backbone|alpine|chart|discord|p5|moment|nest|solid|asp)\.(?:js|ts|net)$/i

/** First directories that mark a slashed word as a path although it names no file with an extension. */
const ROOTS: ReadonlySet<string> = new Set(
  'home Users etc usr var tmp opt srv mnt root src lib app apps test tests spec packages cmd internal pkg docs scripts config server client components pages public assets include modules workspace workspaces'.split(
    ' ',
  ),
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
    if (word.length > LONGEST_PATH || word.endsWith('(')) continue
    const path = trimmed(word)
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
  return segments.length > 1 && ROOTS.has(segments[0] as string)
}

function hasExtension(name: string): boolean {
  const dot = name.lastIndexOf('.')
  if (dot < 0 || dot === name.length - 1) return false
  const stem = name.slice(0, dot)
  // A stem of digits and dots is a version, and `*.ts` alone names no file.
  if (stem !== '' && !/[A-Za-z_$]/.test(stem)) return false
  return stem !== '' && EXTENSIONS.has(name.slice(dot + 1).toLowerCase())
}
