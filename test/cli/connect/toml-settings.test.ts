import { describe, expect, it } from 'vitest'
import { withTomlSettings } from '../../../src/cli/connect/toml-settings.ts'

const SETTINGS = { topLevel: { model: '"auto"' }, table: 'p.h', members: { url: '"u"' } }
const TABLE = '[p.h]\nurl = "u"\n'

describe('settings in a TOML file', () => {
  it.each([
    ['an empty file', '', `model = "auto"\n\n${TABLE}`],
    ['a key of the top level', 'a = 1\nmodel = "x"\n', `a = 1\nmodel = "auto"\n\n${TABLE}`],
    ['a key of that name in a table', '[t]\nmodel = "x"\n', `model = "auto"\n\n[t]\nmodel = "x"\n\n${TABLE}`],
    [
      'a key of that name in a text',
      't = """\nmodel = 1\n"""\n',
      `model = "auto"\nt = """\nmodel = 1\n"""\n\n${TABLE}`,
    ],
    ['a list that looks like a table', 'l = [\n[1],\n[2]]\n', `model = "auto"\nl = [\n[1],\n[2]]\n\n${TABLE}`],
    [
      'the table itself, in the middle',
      '[a]\nx = 1\n[p.h]\nold = 1\n[b]\n',
      `model = "auto"\n\n[a]\nx = 1\n[b]\n\n${TABLE}`,
    ],
    ['a bracket in a text and in a comment', 'a = "[" # [\nmodel = 1\n', `a = "[" # [\nmodel = "auto"\n\n${TABLE}`],
  ])('%s', (_, before, after) => {
    expect(withTomlSettings(before, SETTINGS)).toBe(after)
    expect(withTomlSettings(after, SETTINGS)).toBe(after)
  })

  it('keeps the line ends of the file', () => {
    expect(withTomlSettings('a = 1\r\n', SETTINGS)).toBe('model = "auto"\r\na = 1\r\n\r\n[p.h]\r\nurl = "u"\r\n')
  })

  it('refuses the table in other forms, and a value over several lines', () => {
    for (const before of ['[p."h"]\n', '[p.h.more]\n', 'p.h.url = 1\n', 'p = { h = 1 }\n', 'model = """\nx"""\n'])
      expect(() => withTomlSettings(before, SETTINGS)).toThrow('left as it')
  })
})
