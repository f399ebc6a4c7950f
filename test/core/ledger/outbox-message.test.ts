import { describe, expect, it } from 'vitest'
import type { DecisionRecord } from '../../../src/core/decisions/decision-record.ts'
import { messageJson } from '../../../src/core/ledger/outbox-message.ts'
import { record } from './ledger-fixtures.ts'

const ROW = { target: 'a model', verdict: 'dearer' } as unknown as DecisionRecord['considered'][number]

describe('a message as its row holds it', () => {
  it('is its JSON', () => {
    const told = { ...record('req_1'), considered: [ROW], warnings: ['usage_missing'] }
    expect(JSON.parse(messageJson(told))).toEqual(told)
  })

  it('loses its longest parts where no queue would take it', () => {
    const told = { ...record('req_1'), costNano: 7, considered: Array.from({ length: 5_000 }, () => ROW) }
    const kept = JSON.parse(messageJson(told)) as DecisionRecord
    expect(kept).toMatchObject({ id: 'req_1', costNano: 7, considered: [], warnings: ['record_shortened'] })
  })
})
