import { describe, expect, test } from 'vitest'
import { findStackTrace } from '../../../src/core/signals/stack-traces.ts'

const TRACES: readonly (readonly [string, string, number])[] = [
  [
    'JavaScript',
    `TypeError: Cannot read properties of undefined (reading 'id')
    at getUser (/app/src/users.ts:12:5)
    at async handle (file:///app/src/server.ts:40:10)
    at /app/src/server.ts:50:3
    at Module._compile (node:internal/modules/cjs/loader:1554:14)
    at run (/app/node_modules/express/index.js:3:1)`,
    2,
  ],
  [
    'Python',
    `Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    run()
  File "app/service.py", line 10, in run
  File "/usr/lib/python3.12/json/__init__.py", line 346, in loads
  File "/venv/lib/python3.12/site-packages/x.py", line 1, in y
KeyError: 'a'`,
    2,
  ],
  [
    'Java',
    `Exception in thread "main" java.lang.NullPointerException: null
	at com.acme.shop.Cart.total(Cart.java:33)
	at com.acme.shop.Order.price(Order.java:12)
	at com.acme.shop.Main.main(Main.java:5)
	at java.base/java.lang.Thread.run(Thread.java:833)
Caused by: x`,
    3,
  ],
  [
    'Go',
    `panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.pick(...)
	/home/dev/app/pick.go:9
main.main()
	/home/dev/app/main.go:5 +0x1d`,
    2,
  ],
  [
    'Rust',
    `thread 'main' panicked at src/main.rs:4:5:
index out of bounds
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:647:5
   2: app::run
             at ./src/run.rs:10:9`,
    2,
  ],
  [
    'Ruby',
    `app/models/user.rb:10:in \`name': undefined method (NoMethodError)
	from app/views/show.rb:3:in 'render'
	from /usr/local/bundle/gems/rack-3.0/lib/rack.rb:5:in 'call'`,
    2,
  ],
  [
    'PHP',
    `PHP Fatal error:  Uncaught TypeError: x in /app/src/A.php:3\nStack trace:\n#0 /app/src/B.php(12): A->run()\n#1 {main}`,
    2,
  ],
  [
    'C#',
    `System.NullReferenceException: x\n   at Shop.Cart.Total() in C:\\work\\Cart.cs:line 33\n   at Shop.Main() in /src/Main.cs:line 5`,
    2,
  ],
  ['gdb', '#0  0x0000 in pick (i=5) at src/pick.c:12\n#1  main () at src/main.c:4', 2],
]

describe('findStackTrace', () => {
  test.each(TRACES)('%s', (_language, trace, files) => {
    const reading = findStackTrace(`Why does this happen?\n\n${trace}\n\nPlease help`)
    expect(reading.found).toBe(true)
    expect(reading.files.length, reading.files.join(' ')).toBe(files)
  })

  test.each([
    'Look at line 3 of main.py, at the top (see a.ts:3)',
    'the error is in src/a.ts:12:5 I think',
    'meet me at the office at 12:30:00',
    'TypeError: x is not a function',
    '#1 first point\n#2 second point',
    'from a.rb to b.rb',
  ])('no trace in: %s', (text) => {
    expect(findStackTrace(text).found).toBe(false)
  })

  test('lines longer than any frame are passed over, hostile ones read in time', () => {
    const hostile = [
      '    at ' + 'a '.repeat(240),
      '    at ' + '('.repeat(400),
      'at '.repeat(160),
      '#0 ' + ' at'.repeat(150),
      `File "${'a'.repeat(480)}`,
    ]
    const started = performance.now()
    for (const line of hostile)
      expect(findStackTrace(Array.from({ length: 400 }, () => line).join('\n')).found).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_500)
  })
})
