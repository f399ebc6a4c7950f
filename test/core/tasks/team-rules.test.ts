import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchTeamRules, teamRulesSchema } from '../../../src/core/tasks/team-rules.ts'
import { typedSignals } from './typed-signals.ts'

function matched(rule: object, text: string, more: Parameters<typeof typedSignals>[1] = {}): string | null {
  const rules = teamRulesSchema.parse([{ id: 'ours', taskType: 'code_review', ...rule }])
  return matchTeamRules(rules, typedSignals(text, more))?.id ?? null
}

describe('the conditions of a rule', () => {
  it.each([
    [{ anyOf: ['terraform'] }, 'plan the Terraform change', true],
    [{ anyOf: ['test'] }, 'the latest one', false],
    [{ anyOf: ['migrate * to postgres'] }, 'please migrate all of it to Postgres', true],
    [{ anyOf: ['migrate * to postgres'] }, 'to postgres we migrate', false],
    [{ anyOf: ['fix  it'] }, 'fix\nit', true],
    [{ anyOf: ['数据库'] }, '更新数据库结构', true],
    [{ anyOf: ['resume'] }, 'Résumé page', true],
    [{ allOf: ['billing', 'schema'] }, 'the billing schema', true],
    [{ allOf: ['billing', 'schema'] }, 'the billing page', false],
    [{ anyOf: ['billing'], noneOf: ['typo'] }, 'a typo in billing', false],
    [{ filePaths: ['infra/**'] }, 'edit infra/prod/main.c', true],
    [{ filePaths: ['infra/**'] }, 'edit src/main.c', false],
    [{ filePaths: ['*.sql'] }, 'look at db/schema/init.sql', true],
    [{ maxWords: 3 }, 'one two three', true],
    [{ maxWords: 3 }, 'one two three four', false],
    [{ minWords: 2 }, 'one', false],
    [{ agents: ['codex'] }, 'x', false],
    [{ agents: ['generic'] }, 'x', true],
    [{ planMode: true }, 'x', false],
    [{ subagent: false }, 'x', true],
  ])('%j on %j: %s', (rule, text, expected) => {
    expect(matched(rule, text)).toBe(expected ? 'ours' : null)
  })

  it('the first of several wins', () => {
    const rules = teamRulesSchema.parse([
      { id: 'first', taskType: 'refactor', anyOf: ['cache'] },
      { id: 'second', taskType: 'bug_fix', anyOf: ['cache'] },
    ])
    expect(matchTeamRules(rules, typedSignals('the cache'))?.id).toBe('first')
  })
})

describe('what a policy may not hold', () => {
  it.each([
    ['an unknown task type', { taskType: 'magic', anyOf: ['x'] }],
    ["the agent's own type", { taskType: 'utility', anyOf: ['x'] }],
    ['no condition', {}],
    ['noneOf alone', { noneOf: ['x'] }],
    ['an empty phrase', { anyOf: [' '] }],
    ['a phrase of gaps', { anyOf: ['* *'] }],
    ['an anchored expression', { anyOf: ['^fix$'] }],
    ['a catastrophic expression', { anyOf: ['(a+)+$'] }],
    ['a wildcard expression', { anyOf: ['fix .* now'] }],
    ['an escape', { anyOf: ['\\bfix\\b'] }],
    ['a character class', { anyOf: ['[a-z] x'] }],
    ['a brace glob', { filePaths: ['src/{a,b}.ts'] }],
    ['three stars', { filePaths: ['src/***'] }],
    ['an unknown field', { anyOf: ['x'], pattern: 'y' }],
    ['a confidence above 1', { anyOf: ['x'], confidence: 2 }],
    ['a minimum above the maximum', { minWords: 9, maxWords: 3 }],
    ['an id with spaces', { id: 'my rule', anyOf: ['x'] }],
  ])('%s is refused', (_, rule) => {
    expect(teamRulesSchema.safeParse([{ id: 'ours', taskType: 'refactor', ...rule }]).success).toBe(false)
  })

  it('two rules of one id, and more phrases than stay cheap, are refused', () => {
    const rule = (id: string, phrases = 1) => ({
      id,
      taskType: 'refactor',
      anyOf: Array.from({ length: phrases }, (_, i) => `w${i}`),
    })
    expect(teamRulesSchema.safeParse([rule('a'), rule('a')]).success).toBe(false)
    expect(teamRulesSchema.safeParse(Array.from({ length: 11 }, (_, i) => rule(`r${i}`, 50))).success).toBe(false)
    expect(teamRulesSchema.safeParse(Array.from({ length: 10 }, (_, i) => rule(`r${i}`, 50))).success).toBe(true)
  })
})

it('stays fast with as many phrases as are allowed, on a text made to be slow', () => {
  const phrase = (i: number) => `${'a '.repeat(30)}* ${'a '.repeat(5)}b${i}`
  const rules = teamRulesSchema.parse(
    Array.from({ length: 10 }, (_, r) => ({
      id: `r${r}`,
      taskType: 'refactor',
      anyOf: Array.from({ length: 50 }, (__, i) => phrase(i)),
    })),
  )
  const signals = typedSignals('', { typedText: 'a '.repeat(4_000) })
  const start = performance.now()
  expect(matchTeamRules(rules, signals)).toBeNull()
  expect(performance.now() - start).toBeLessThan(2_000)
})

it('never throws on any valid rule and any text', () => {
  const phrase = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '*', 'é', '写'), minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(phrase, fc.string(), (text, typed) => {
      const parsed = teamRulesSchema.safeParse([{ id: 'ours', taskType: 'refactor', anyOf: [text] }])
      if (parsed.success) matchTeamRules(parsed.data, typedSignals(typed))
    }),
  )
})
