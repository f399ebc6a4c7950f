import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify } from '../../../src/core/tasks/classify.ts'
import { TASK_TIERS, TASK_TYPES } from '../../../src/core/tasks/task-types.ts'
import { teamRulesSchema } from '../../../src/core/tasks/team-rules.ts'
import { typedSignals } from './typed-signals.ts'

const architecture = { taskType: 'architecture' } as const

describe('what comes before the rules', () => {
  it("an agent's own small call is utility, whatever was typed", () => {
    const found = classify(typedSignals('find the deadlock', { utility: 'title' }), architecture, [])
    expect(found).toEqual({ taskType: 'utility', source: 'agent', confidence: 1, rule: null })
  })

  it.each([
    ['an acknowledgement', typedSignals('continue', { acknowledgement: true })],
    ['tool results alone', typedSignals('', { startsTurn: false, toolResults: 2 })],
    ['nothing typed', typedSignals('  \n')],
  ])('%s keeps the task of the turn', (_, signals) => {
    expect(classify(signals, architecture, [])).toMatchObject({ taskType: 'architecture', source: 'turn', rule: null })
  })

  it('an acknowledgement without a turn before it is general', () => {
    expect(classify(typedSignals('yes', { acknowledgement: true }), null, [])).toMatchObject({ taskType: 'general' })
  })

  it('an order after an acknowledged turn is a task of its own', () => {
    expect(classify(typedSignals('now fix the typo'), architecture, []).taskType).toBe('inline_edit')
  })

  it('a bare complaint keeps a hard task and raises a cheap one to a bug fix', () => {
    const complaint = typedSignals('still failing', { complaint: true })
    expect(classify(complaint, { taskType: 'complex_debugging' }, [])).toMatchObject({
      taskType: 'complex_debugging',
      source: 'turn',
    })
    expect(classify(complaint, { taskType: 'inline_edit' }, []).taskType).toBe('bug_fix')
    expect(classify(complaint, null, []).taskType).toBe('bug_fix')
  })

  it('a complaint with a new order is classified by the order', () => {
    const text =
      'that is still wrong, please rewrite the whole parser so that it is more readable and much simpler than now'
    expect(classify(typedSignals(text, { complaint: true }), { taskType: 'architecture' }, []).source).toBe('rule')
  })
})

describe('what small words must not do', () => {
  it.each([
    ['a failing test with a trace', 'Why is this test failing?\n    at run (src/a.ts:1:2)'],
    ['a typo in a long list of work', `fix the typo, ${'- rework the payment flow and its callers\n'.repeat(12)}`],
    ['a rename of the whole repository', 'rename Foo to Bar across the repository'],
    ['docs of an architecture', 'document the architecture'],
    ['a comment on a pull request', 'address the PR comments'],
    ['an import that fails everywhere', 'fix the broken imports everywhere'],
  ])('%s is not tier 1', (_, text) => {
    expect(TASK_TIERS[classify(typedSignals(text), null, []).taskType]).toBeGreaterThan(1)
  })

  it('a complaint about small work is not small work', () => {
    const complaint = typedSignals('still the same typo in the header', { complaint: true })
    expect(classify(complaint, null, []).taskType).toBe('bug_fix')
  })

  it('pasted code in fences does not decide', () => {
    const code = '```\n// TODO fix typo, race condition, deadlock, security audit, rename\n```'
    expect(classify(typedSignals(`what does this do?\n${code}`), null, []).taskType).toBe('general')
  })

  it('an ask after a long paste is still seen', () => {
    const paste = `${'INFO request served in 12ms by worker\n'.repeat(400)}\nfind the memory leak`
    expect(classify(typedSignals(paste), null, []).taskType).toBe('complex_debugging')
  })

  it('a negated verb orders nothing', () => {
    expect(classify(typedSignals("don't refactor anything"), null, []).taskType).toBe('general')
  })
})

describe('for any text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc
      .array(
        fc.constantFrom('fix', 'the', 'test', '```', '"', "'", '\n- ', '?', '修复', 'rename', '\ud800', '@^', '.'),
        { maxLength: 80 },
      )
      .map((parts) => parts.join(' ')),
  )

  it('never throws, and answers with a known task and a confidence between 0 and 1', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), fc.boolean(), (text, complaint, startsTurn) => {
        const found = classify(typedSignals(text, { complaint, startsTurn }), null, [])
        expect(TASK_TYPES).toContain(found.taskType)
        expect(found.confidence).toBeGreaterThanOrEqual(0)
        expect(found.confidence).toBeLessThanOrEqual(1)
        expect(found.rule === null).toBe(found.source !== 'rule')
      }),
      { numRuns: 500 },
    )
  })

  it("a team's rule that matches always wins over the shipped ones", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...TASK_TYPES.filter((type) => type !== 'utility')), (text, taskType) => {
        const rules = teamRulesSchema.parse([{ id: 'ours', taskType, anyOf: ['zebra * crossing'] }])
        const signals = typedSignals(`${text} zebra at the crossing`)
        expect(classify(signals, null, rules)).toEqual({ taskType, source: 'rule', confidence: 1, rule: 'ours' })
      }),
    )
  })

  it.each([
    ['one word', 'a'.repeat(2_000_000)],
    ['spaces', ' '.repeat(2_000_000)],
    ['line ends', '\n'.repeat(2_000_000)],
    ['quotes', '"'.repeat(2_000_000)],
    ['open quotes', `"${'a'.repeat(119)}`.repeat(10_000)],
    ['back ticks', '`'.repeat(2_000_000)],
    ['question marks', '? '.repeat(1_000_000)],
    ['list items', ' - '.repeat(700_000)],
    ['versions', '1.1.'.repeat(500_000)],
    ['phrase beginnings', 'test are '.repeat(200_000)],
    ['slips', 'refactxr implexent dependxncy '.repeat(70_000)],
    ['lead-ins', 'please can you now also '.repeat(80_000)],
    ['accents', 'é\u0301'.repeat(700_000)],
    ['unspaced', '写测试修复错误'.repeat(200_000)],
    ['apostrophes', "a'".repeat(1_000_000)],
  ])('takes bounded time on two million characters of %s', (_, text) => {
    const signals = typedSignals('', { typedText: text, words: 1 })
    classify(signals, null, [])
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      classify(signals, null, [])
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(25)
  })
})
