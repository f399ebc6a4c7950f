import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endText, moreText, startText } from '../../../../src/core/dialects/openai-completions/completion-text.ts'

function tell(pieces: readonly string[], stops: readonly string[]): string {
  let state = startText(stops)
  let told = ''
  for (const piece of pieces) {
    const [next, text] = moreText(state, piece)
    state = next
    told += text
  }
  return told + endText(state)
}

describe('the text of a completion', () => {
  it.each([
    ['as it came', 'return a + b\n', [], 'return a + b\n'],
    ['without a fence', '```js\nreturn a\n```', [], 'return a'],
    ['without a fence, whatever is said after it', '```\na\n```\nThis adds.', [], 'a'],
    ['up to the first stop sequence', 'one\n\ntwo;three', [';', '\n\n'], 'one'],
    ['up to the stop sequence that is complete first', 'x;ab', ['a', ';ab'], 'x;'],
    ['up to the longest of those complete at once', 'x;ab', ['ab', ';ab'], 'x'],
    ['with what only began like one', 'a\n', ['\n\n'], 'a\n'],
    ['with backticks that are no fence', '``x``', [], '``x``'],
    ['of nothing', '', ['x'], ''],
    ['of a fence alone', '```', [], ''],
  ])('%s', (_, text, stops, told) => {
    expect(tell([text], stops)).toBe(told)
  })

  it('is the same whatever pieces it comes in', () => {
    const letters = fc.stringMatching(/^[`\nab;]{0,24}$/)
    fc.assert(
      fc.property(letters, fc.array(fc.stringMatching(/^[\nab;]{1,3}$/), { maxLength: 3 }), (text, stops) => {
        expect(tell([...text], stops)).toBe(tell([text], stops))
        for (const stop of stops) expect(tell([text], stops)).not.toContain(stop)
      }),
      { numRuns: 500, examples: [[';ab', ['a', ';ab']]] },
    )
  })
})
