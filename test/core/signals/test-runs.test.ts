import { describe, expect, test } from 'vitest'
import { readTestOutcome } from '../../../src/core/signals/test-runs.ts'

const ESC = String.fromCharCode(27)

describe('readTestOutcome', () => {
  test.each([
    ['pytest', '=================== 1 failed, 5 passed in 0.12s ===================', 'failed'],
    ['pytest', '============ 5 passed, 2 warnings in 1.20s ============', 'passed'],
    ['pytest errors', '=========== 1 error in 0.10s ===========', 'failed'],
    ['pytest -q', '3 failed, 5 passed in 0.12s', 'failed'],
    ['pytest long', '=== 120 passed, 3 skipped in 75.20s (0:01:15) ===', 'passed'],
    ['Jest', 'Test Suites: 1 failed, 1 total\nTests:       1 failed, 5 passed, 6 total\nTime: 1 s', 'failed'],
    ['Jest', 'Tests:       6 passed, 6 total', 'passed'],
    ['Vitest', ' Test Files  1 passed (1)\n      Tests  6 passed (6)\n   Duration  1s', 'passed'],
    ['Vitest', '      Tests  1 failed | 5 passed (6)', 'failed'],
    [
      'Vitest in colour',
      `${ESC}[2m      Tests ${ESC}[22m ${ESC}[1m${ESC}[32m5 passed${ESC}[39m${ESC}[22m${ESC}[90m (5)${ESC}[39m`,
      'passed',
    ],
    ['Mocha', '  5 passing (12ms)\n  1 failing', 'failed'],
    ['Mocha', '  5 passing (2s)', 'passed'],
    ['node:test', '# tests 3\n# pass 3\n# fail 0', 'passed'],
    ['node:test', 'ℹ pass 2\nℹ fail 1', 'failed'],
    ['Bun', ' 5 pass\n 0 fail\n 9 expect() calls', 'passed'],
    ['Bun', ' 4 pass\n 1 fail', 'failed'],
    ['Go', '--- FAIL: TestX (0.00s)\n    x_test.go:5: no\nFAIL\nFAIL\texample.com/x\t0.005s\nFAIL', 'failed'],
    ['Go', 'ok  \texample.com/x\t0.005s', 'passed'],
    ['Go cached', 'ok  \texample.com/x\t(cached)', 'passed'],
    ['Cargo', 'test result: FAILED. 3 passed; 1 failed; 0 ignored', 'failed'],
    ['Cargo', 'test result: ok. 3 passed; 0 failed; 0 ignored', 'passed'],
    ['Cargo without tests', 'test result: ok. 0 passed; 0 failed; 0 ignored', null],
    ['Maven', '[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0', 'failed'],
    ['Maven', '[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0', 'passed'],
    ['Gradle', '5 tests completed, 1 failed', 'failed'],
    ['RSpec', '5 examples, 1 failure', 'failed'],
    ['RSpec', '5 examples, 0 failures', 'passed'],
    ['Minitest', '5 runs, 9 assertions, 0 failures, 1 errors, 0 skips', 'failed'],
    ['PHPUnit', 'OK (5 tests, 9 assertions)', 'passed'],
    ['PHPUnit', 'FAILURES!\nTests: 5, Assertions: 9, Failures: 1.', 'failed'],
    ['unittest', 'Ran 5 tests in 0.001s\n\nOK', 'passed'],
    ['unittest', 'Ran 5 tests in 0.001s\n\nFAILED (failures=1)', 'failed'],
    ['.NET', 'Failed!  - Failed:     1, Passed:     5, Skipped:     0, Total:     6', 'failed'],
    ['.NET', 'Passed!  - Failed:     0, Passed:     5, Skipped:     0, Total:     5', 'passed'],
    ['Deno', 'FAILED | 4 passed | 1 failed (10ms)', 'failed'],
    ['CTest', '80% tests passed, 1 tests failed out of 5', 'failed'],
    ['XCTest', '\t Executed 5 tests, with 0 failures (0 unexpected) in 0.1 (0.1) seconds', 'passed'],
    ['Windows line ends', 'Tests:       6 passed, 6 total\r\nTime: 1 s\r\n', 'passed'],
  ])('%s: %s', (_runner, output, outcome) => {
    expect(readTestOutcome(`$ run the tests\n${output}\n`)).toBe(outcome)
  })

  test.each([
    'Error: something failed',
    '12\tTests:       1 failed, 5 passed, 6 total',
    'The last run said "1 failed, 5 passed in 0.12s"',
    'build failed with 3 errors',
    'all tests passed',
    'PASSWORD',
    '',
  ])('no test run in: %s', (text) => {
    expect(readTestOutcome(text)).toBeNull()
  })

  test('hostile output is read in time', () => {
    const hostile = [
      '1 failed, '.repeat(30),
      '1 passed '.repeat(32),
      `Tests:${' '.repeat(290)}`,
      '0'.repeat(299),
      `Tests: ${'1 failed, '.repeat(28)}`,
    ]
    const started = performance.now()
    for (const line of hostile) readTestOutcome(Array.from({ length: 500 }, () => line).join('\n'))
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
