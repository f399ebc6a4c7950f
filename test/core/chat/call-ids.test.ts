import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { legalCallId } from '../../../src/core/chat/call-ids.ts'

describe('legalCallId', () => {
  it('keeps a legal id and makes one of any other, always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 90 }), (id) => {
        const legal = legalCallId(id)
        expect(legal).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
        expect(legalCallId(id)).toBe(legal)
        expect(legalCallId(legal)).toBe(legal)
        if (/^[a-zA-Z0-9_-]{1,64}$/.test(id)) expect(legal).toBe(id)
      }),
    )
  })

  it('keeps different ids apart', () => {
    const ids = Array.from({ length: 5000 }, (_, n) => legalCallId(`call.${n}`))
    expect(new Set(ids).size).toBe(ids.length)
  })
})
