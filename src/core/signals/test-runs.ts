/**
 * Reads the outcome of a test run from the closing lines that test runners print.
 * It decides by whole lines of an exact form, never by a word like "error": a file that was read, or a log, is no run.
 */

type TestOutcome = 'failed' | 'passed' | null

/** Runners print their summary last; a little may follow it. */
const TAIL_CHARACTERS = 6_000
const LONGEST_LINE = 300

interface ClosingLine {
  readonly form: RegExp
  /** What the line says; null if it says nothing either way. */
  readonly says: (groups: readonly (string | undefined)[], line: string) => TestOutcome
}

const byCount =
  (failures: number, passes?: number) =>
  (groups: readonly (string | undefined)[]): TestOutcome => {
    if (Number(groups[failures] ?? 0) > 0) return 'failed'
    return passes === undefined || Number(groups[passes] ?? 0) > 0 ? 'passed' : null
  }

const always = (outcome: TestOutcome) => (): TestOutcome => outcome

/** A summary of counts: "1 failed, 5 passed". */
const summary = (_groups: readonly (string | undefined)[], line: string): TestOutcome => {
  if (/\b[1-9]\d* (?:failed|errors?|failing|failures?)\b/.test(line)) return 'failed'
  return /\b[1-9]\d* (?:passed|passing)\b/.test(line) ? 'passed' : null
}

const CLOSING_LINES: readonly ClosingLine[] = [
  // pytest: "=== 1 failed, 5 passed in 0.12s ===", and the same without the bars under -q
  {
    form: /^(?:=+ )?\d+ (?:failed|passed|errors?|skipped|deselected|xfailed|xpassed|warnings?)\b[\w, ]{0,150} in [\d.]+m?s\b/,
    says: summary,
  },
  // Jest: "Tests:       1 failed, 5 passed, 6 total"
  { form: /^Tests:\s{1,12}\d[\w, ]{0,120} total$/, says: summary },
  // Vitest: "      Tests  1 failed | 5 passed (6)"
  { form: /^\s{0,12}Tests\s{1,4}\d[\w| ]{0,120} \(\d+\)$/, says: summary },
  // Mocha and Cypress: "  5 passing (12ms)", "  1 failing"
  { form: /^\s{1,8}\d+ (?:passing \([\w. ]{1,20}\)|failing)$/, says: summary },
  // Playwright: "  1 failed", "  5 passed (3.2s)"
  { form: /^\s{1,4}\d+ (?:failed|passed \([\d.]+m?s\))$/, says: summary },
  // node:test: "# pass 5", "ℹ fail 1"
  { form: /^(?:#|ℹ) fail (\d+)$/, says: (groups) => (Number(groups[1]) > 0 ? 'failed' : null) },
  { form: /^(?:#|ℹ) pass ([1-9]\d*)$/, says: always('passed') },
  // Bun: " 5 pass", " 1 fail"
  { form: /^ {1,3}(\d+) fail$/, says: (groups) => (Number(groups[1]) > 0 ? 'failed' : null) },
  { form: /^ {1,3}[1-9]\d* pass$/, says: always('passed') },
  // Go
  {
    form: /^(?:FAIL\t\S{1,200}(?:\t[\d.]+s| \[build failed\])?|--- FAIL: \S{1,200} \([\d.]+s\)|FAIL)$/,
    says: always('failed'),
  },
  { form: /^(?:ok {2}\t\S{1,200}\t(?:[\d.]+s|\(cached\))(?:\t.{0,80})?|PASS)$/, says: always('passed') },
  // Cargo: "test result: FAILED. 3 passed; 1 failed; …"
  { form: /^test result: FAILED\./, says: always('failed') },
  { form: /^test result: ok\. (\d+) passed/, says: byCount(2, 1) },
  // cargo-nextest
  {
    form: /^\s{0,10}Summary \[\s{0,8}[\d.]+s\] \d+ tests? run: (\d+) passed(?:.{0,40}?, (\d+) failed)?/,
    says: byCount(2, 1),
  },
  // Maven and Surefire: "Tests run: 5, Failures: 1, Errors: 0, Skipped: 0"
  {
    form: /^(?:\[(?:INFO|ERROR|WARNING)\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+)/,
    says: (groups) => (Number(groups[2]) + Number(groups[3]) > 0 ? 'failed' : Number(groups[1]) > 0 ? 'passed' : null),
  },
  // Gradle: "5 tests completed, 1 failed"
  { form: /^\d+ tests? completed, (\d+) failed/, says: byCount(1) },
  // RSpec, ExUnit: "5 examples, 1 failure"; Minitest: "5 runs, 9 assertions, 0 failures, 1 errors, 0 skips"
  { form: /^(?:\d+ doctests?, )?(\d+) (?:examples?|tests?), (\d+) failures?\b/, says: byCount(2, 1) },
  {
    form: /^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors/,
    says: (groups) => (Number(groups[2]) + Number(groups[3]) > 0 ? 'failed' : Number(groups[1]) > 0 ? 'passed' : null),
  },
  // PHPUnit
  { form: /^(?:FAILURES!|ERRORS!)$/, says: always('failed') },
  { form: /^OK \(\d+ tests?, \d+ assertions?\)$/, says: always('passed') },
  // unittest: "FAILED (failures=1)", and "OK" under "Ran 5 tests in 0.001s"
  { form: /^FAILED \((?:failures|errors)=\d+/, says: always('failed') },
  { form: /^Ran [1-9]\d* tests? in [\d.]+s$/, says: always('passed') },
  // .NET: "Failed!  - Failed:     1, Passed:     5, …"
  { form: /^\s{0,4}(?:Failed|Passed)!\s{1,4}- Failed:\s{1,10}(\d+), Passed:\s{1,10}(\d+)/, says: byCount(1, 2) },
  // Deno: "ok | 5 passed | 0 failed (10ms)"
  { form: /^(?:ok|FAILED) \| (\d+) passed[^|]{0,40}\| (\d+) failed/, says: byCount(2, 1) },
  // CTest: "80% tests passed, 1 tests failed out of 5"
  { form: /^\d+% tests passed, (\d+) tests? failed out of \d+/, says: byCount(1) },
  // XCTest: "Executed 5 tests, with 1 failure (0 unexpected) in …"
  { form: /^\s{0,8}Executed ([1-9]\d*) tests?, with (\d+) failures? /, says: byCount(2, 1) },
]

/** Every form has one of these words in it; most lines of a result have none. */
const HINT = /pass|fail|error|test|^ok\b|example|runs/i

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]{0,20}m`, 'g')

/** What the test run in a tool's result came to; null if there was none. One failure is a failure. */
export function readTestOutcome(resultText: string): TestOutcome {
  let outcome: TestOutcome = null
  const tail = resultText.slice(-TAIL_CHARACTERS).replace(COLOUR, '')
  for (const raw of tail.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.length < 2 || line.length > LONGEST_LINE || !HINT.test(line)) continue
    const said = outcomeOfLine(line)
    if (said === 'failed') return 'failed'
    outcome ??= said
  }
  return outcome
}

function outcomeOfLine(line: string): TestOutcome {
  for (const { form, says } of CLOSING_LINES) {
    const groups = form.exec(line)
    if (groups !== null) return says(groups, line)
  }
  return null
}
