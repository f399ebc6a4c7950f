import { describe, expect, it } from 'vitest'
import { runTool, type Finished } from '../replay/run-replay.ts'

interface Simulated {
  readonly assumptions: { readonly team: number; readonly day: Readonly<Record<string, unknown>> }
  readonly rows: readonly {
    readonly name: string
    readonly usd: number
    readonly saved: number
    readonly savedOfWaiting: number | null
    readonly monthUsd: number
    readonly yearUsd: number
    readonly publishedUsd: { readonly least: number; readonly most: number } | null
    readonly why: readonly string[]
  }[]
}

const simulate = (...args: string[]): Promise<Finished> =>
  runTool('simulate.ts', [...args, '--priced-at', '2026-11-01'])
const rowsOf = async (...args: string[]): Promise<Simulated> => {
  const { code, stdout, stderr } = await simulate(...args, '--json', '--draws', '10')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Simulated
}

describe('simulate', () => {
  it('puts the reference day beside what is published', async () => {
    const { rows } = await rowsOf('--calls', '200', '--mix', '60/25/15', '--days', '20', '--team', '10')
    expect(rows.map(({ name }) => name)).toEqual(['allTop', 'allMiddle', 'routed', 'cached', 'batched'])
    for (const row of rows) {
      const { usd, publishedUsd, why, monthUsd, yearUsd } = row
      expect(monthUsd).toBeCloseTo(usd * 200, 6)
      expect(yearUsd).toBeCloseTo(usd * 2_400, 6)
      if (publishedUsd === null) continue
      const inside = usd >= publishedUsd.least && usd <= publishedUsd.most
      expect(
        why.some((sentence) => sentence.startsWith('$')),
        row.name,
      ).toBe(!inside)
    }
    expect(rows[0]).toMatchObject({ publishedUsd: { least: 15, most: 30 }, why: [] })
    expect(rows[0]?.usd).toBeCloseTo(15.8, 9)
    expect(rows[2]?.saved).toBeGreaterThan(0.4)
    expect(rows[2]?.saved).toBeLessThan(0.65)
  })

  it('says why where it falls outside', async () => {
    const { rows } = await rowsOf('--agent')
    const why = rows.flatMap((row) => row.why)
    expect(why[0]).toMatch(/^\$\d+\.\d\d is above \$15\.00-30\.00: the mean prompt is 65,375 tokens/)
    expect(
      why.some((sentence) => /saved is above 60%-75%: .* of the prompt tokens are read from caches/.test(sentence)),
    ).toBe(true)
    const cheap = await rowsOf('--context', '1000', '--growth', '0', '--output', '100')
    expect(cheap.rows[0]?.why[0]).toMatch(/is below \$15\.00-30\.00/)
  })

  it('scales the published day to the calls asked for', async () => {
    expect((await rowsOf('--calls', '100')).rows[0]?.publishedUsd).toEqual({ least: 7.5, most: 15 })
  })

  it('takes every assumption as a flag, over those of --agent', async () => {
    const { assumptions } = await rowsOf('--agent', '--context', '9000', '--team', '3', '--batch', '0')
    expect(assumptions).toMatchObject({
      team: 3,
      day: { firstPromptTokens: 9_000, growthTokens: 1_250, batchShare: 0, callsPerTurn: 5, calls: 200 },
    })
  })

  it('prints a table, what it assumed, and its flags', async () => {
    const { stdout } = await simulate('--draws', '5')
    expect(stdout).toMatch(/all claude-opus-4-6 +15\.80 +15\.00-30\.00/)
    expect(stdout).toMatch(/Of the work that can wait \(30% of the turns\) \d+% is saved; published 75%-95%\./)
    expect(stdout).toMatch(/Assumed: 10 conversations a day, .* prices of 2026-11-01/)
    expect((await simulate('--batch', '0', '--draws', '2')).stdout).toContain('Nothing of it can wait for a batch.')
    expect((await runTool('simulate.ts', ['--help'])).stdout).toMatch(
      /--cache-minutes +minutes that a marked cache lives \(5\)/,
    )
  })

  it.each([
    [['--calls', '0'], /^--calls takes a whole number from 1 to 100000, not "0"\.\n$/],
    [['--calls', '2.5'], /^--calls takes a whole number/],
    [['--mix', '60/40'], /^--mix takes three shares/],
    [['--mix', '60/25/25'], /^--mix takes three shares/],
    [['--catalog', 'old'], /^--catalog takes reference or current/],
    [['--providers', 'nobody'], /^tier 3 has no priced model/],
    [['--policy', 'cheapest'], /^--policy takes default, .*; there is no file "cheapest"\.\n$/],
    [['--sessions', '3'], /^Unknown option '--sessions'/],
  ])('refuses %j', async (args, expected) => {
    const { code, stderr, stdout } = await runTool('simulate.ts', args)
    expect(stderr).toMatch(expected)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})
