import { describe, expect, test } from 'vitest'
import { findFilePaths } from '../../../src/core/signals/file-paths.ts'

describe('findFilePaths', () => {
  test.each([
    ['fix src/a.ts and src/b.ts', ['src/a.ts', 'src/b.ts']],
    ['look at `lib/x.rb:12:3`, then (lib/y.rb).', ['lib/x.rb', 'lib/y.rb']],
    ['@src/app.tsx why?', ['src/app.tsx']],
    ['in C:\\work\\Program.cs and .\\src\\a.cs', ['C:\\work\\Program.cs', '.\\src\\a.cs']],
    ['see /etc/hosts and ~/notes and ./run', ['/etc/hosts', '~/notes', './run']],
    ['README.md, package.json and the Dockerfile', ['README.md', 'package.json', 'Dockerfile']],
    ['src/a.ts src/a.ts:5 src/a.ts#L7-L9', ['src/a.ts']],
    ['move src/components into packages/ui', ['src/components', 'packages/ui']],
    ['main.go, go.mod', ['main.go', 'go.mod']],
    ['src/a.ts(12,5): error TS2304', ['src/a.ts']],
    ["datei 'über/größe.py'", ['über/größe.py']],
  ])('%s', (text, paths) => {
    expect(findFilePaths(text)).toEqual(paths)
  })

  test.each([
    'see https://example.com/src/a.ts and www.example.com/b.js',
    'upgrade to 1.2.3 or v2.0.1-beta.2',
    'Node.js, Next.js and Vue.js with ASP.NET',
    'call user.save() and obj.go() and a.b.c',
    'client/server and/or TCP/IP, yes/no, 24/7',
    'run /compact then /review',
    'the route /v1/messages/count_tokens',
    'mail a.b@example.py',
    'e.g. this, i.e. that... and so on.',
    'use *.ts everywhere',
  ])('no files in: %s', (text) => {
    expect(findFilePaths(text)).toEqual([])
  })
})
