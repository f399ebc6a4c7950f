import { describe, expect, it } from 'vitest'
import { progressBar } from '../../../src/cli/replay/progress.ts'

function screen(isTTY: boolean) {
  const written: string[] = []
  let now = 0
  const bar = progressBar('reading', { isTTY, write: (text: string) => written.push(text) }, () => now)
  return { bar, written, at: (ms: number) => void (now = ms) }
}

describe('the progress bar', () => {
  it('shows after a while how far it is and how long it takes', () => {
    const { bar, written, at } = screen(true)
    bar.show(1, 10)
    expect(written).toEqual([])
    at(2_000)
    bar.show(5, 10)
    expect(written.join('')).toMatch(/reading \[#{15}\.{15}\] 50% 2 s left/)
    bar.end()
    expect(written.at(-1)).toBe('\r\x1b[K')
  })

  it('is not drawn more often than the eye follows, nor past its end', () => {
    const { bar, written, at } = screen(true)
    at(1_000)
    bar.show(5, 10)
    at(1_010)
    bar.show(6, 10)
    expect(written).toHaveLength(1)
    at(2_000)
    bar.show(20, 10)
    expect(written[1]).toContain('100%')
  })

  it('is not drawn where nobody looks, nor without a size', () => {
    const { bar, written, at } = screen(false)
    at(5_000)
    bar.show(5, 10)
    bar.end()
    expect(written).toEqual([])
    const other = screen(true)
    other.at(5_000)
    other.bar.show(5, 0)
    expect(other.written).toEqual([])
  })
})
