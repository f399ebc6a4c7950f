/**
 * Recognises stack traces by the exact form of their lines in the common languages, and the project's files in them.
 * It decides that a text holds a trace and over how many files it goes; frames of runtimes and libraries do not count.
 */

const LINES_READ = 400
const LONGEST_LINE = 500

/** One form of a frame: its group, if it took part, is the file. */
const FRAMES: readonly RegExp[] = [
  // JavaScript, Rust backtraces: "at name (file:1:2)", "at file:1:2"
  /^\s*at (?:[^()]{1,200} \()?((?:[A-Za-z]:)?[^\s():]{1,300}):\d{1,7}:\d{1,7}\)?$/,
  // Firefox and Safari: "name@http://host/file.js:1:2"
  /^[\w$.<>/]{0,100}@([^\s@]{1,300}):\d{1,7}:\d{1,7}$/,
  // Python
  /^\s*File "([^"]{1,300})", line \d{1,7}/,
  // Java, Kotlin, Scala
  /^\s*at (?!(?:java|javax|jdk|sun|kotlin|scala)\.)[\w$.<>/@-]{1,200}\(([\w$-]{1,100}\.(?:java|kt|scala|groovy)):\d{1,7}\)/,
  // C#
  /^\s*at [^\n]{1,300} in ([^\n]{1,260}):line \d{1,7}/,
  // Go
  /^\s+(\/?[^\s:]{1,300}\.go):\d{1,7}(?: \+0x[0-9a-f]+)?$/,
  // Rust
  /^thread '[^']{0,100}' (?:\(\d+\) )?panicked at (?:'[^']{0,300}', )?([^\s:]{1,260}\.rs):\d{1,7}:\d{1,7}/,
  // Ruby
  /^\s*(?:from |\d+: from )?([^\s:]{1,260}\.(?:rb|erb|rake)):\d{1,7}:in [`']/,
  // PHP
  /^#\d{1,3} ([^\s()]{1,260}\.php)\(\d{1,7}\):/,
  /^(?:PHP )?(?:Fatal error|Warning|Parse error): .{1,200} in ([^\s:]{1,260}\.php)(?::\d{1,7}| on line \d{1,7})/,
  // gdb, lldb
  /^(?:\s*frame )?#\d{1,3}:? .{0,200} at ([^\s:]{1,260}):\d{1,7}/,
]

/** Lines that only ever stand in a trace, without naming a file. */
const MARKS: readonly RegExp[] = [
  /^Traceback \(most recent call last\):$/,
  /^goroutine \d{1,9} \[[\w ,]{1,60}\]:$/,
  /^\s*at (?:java|javax|jdk|sun|kotlin|scala)\.[\w$.<>]{1,200}\([\w$-]{1,100}\.\w{1,8}:\d{1,7}\)/,
  /^Exception in thread "[^"]{1,100}" [\w$.]{1,150}/,
]

const LIBRARY =
  /node_modules|^node:|^internal\/|site-packages|dist-packages|\/lib\/python|^<|\/usr\/(?:local\/)?(?:lib|go)\/|\/rustc\/|\/\.cargo\/registry|\/gems\/|^\/vendor\/|^vendor\/|\/pkg\/mod\//

interface StackTraceReading {
  readonly found: boolean
  /** Distinct files of the project that frames name. */
  readonly files: readonly string[]
}

/** Reads the traces in a text. */
export function findStackTrace(text: string): StackTraceReading {
  const files = new Set<string>()
  let found = false
  for (const line of text.split('\n', LINES_READ)) {
    if (line.length > LONGEST_LINE) continue
    const trimmed = line.trimEnd()
    const frame = frameIn(trimmed)
    if (frame === null) {
      found ||= MARKS.some((mark) => mark.test(trimmed))
      continue
    }
    found = true
    if (!LIBRARY.test(frame)) files.add(frame.replaceAll('\\', '/'))
  }
  return { found, files: [...files] }
}

function frameIn(line: string): string | null {
  for (const frame of FRAMES) {
    const match = frame.exec(line)
    if (match !== null) return (match[1] ?? '').replace(/^file:\/\//, '')
  }
  return null
}
