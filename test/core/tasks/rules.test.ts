import { describe, expect, it } from 'vitest'
import { classify } from '../../../src/core/tasks/classify.ts'
import { TASK_RULES } from '../../../src/core/tasks/rules.ts'
import { TASK_TYPES, type TaskType } from '../../../src/core/tasks/task-types.ts'
import { PHRASINGS } from './phrasings.ts'
import { typedSignals } from './typed-signals.ts'

const MAPPED = TASK_TYPES.filter((type) => type !== 'utility')

describe('the shipped rules', () => {
  it('have ids of their own and confidences between 0 and 1', () => {
    expect(new Set(TASK_RULES.map((rule) => rule.id)).size).toBe(TASK_RULES.length)
    for (const rule of TASK_RULES) expect(rule.confidence > 0 && rule.confidence <= 1, rule.id).toBe(true)
  })

  it('are each the first to match one phrasing at least', () => {
    const texts = Object.values(PHRASINGS).flat()
    const used = new Set(texts.map((text) => classify(typedSignals(text), null, []).rule))
    used.add(classify(typedSignals('nope, same as before', { complaint: true }), null, []).rule)
    expect(TASK_RULES.filter((rule) => !used.has(rule.id)).map((rule) => rule.id)).toEqual([])
  })

  for (const type of MAPPED) {
    describe(type, () => {
      const texts = PHRASINGS[type] ?? []
      it('is held against at least 20 phrasings', () => expect(new Set(texts).size).toBeGreaterThanOrEqual(20))
      it.each(texts)('%s', (text) => expect(classify(typedSignals(text), null, []).taskType).toBe<TaskType>(type))
    })
  }
})
