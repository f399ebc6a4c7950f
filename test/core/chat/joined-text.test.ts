import { describe, expect, it } from 'vitest'
import type { AnswerPart } from '../../../src/core/chat/chat-message.ts'
import { joinedAnswerText } from '../../../src/core/chat/joined-text.ts'

const text = (said: string): AnswerPart => ({ type: 'text', text: said })
const reasoning: AnswerPart = { type: 'reasoning', text: 'r', seal: null }

describe('joinedAnswerText', () => {
  it('glues pieces of one text and parts texts that something stood between', () => {
    expect(joinedAnswerText([reasoning, text('a'), text('b'), reasoning, text(''), text('c')])).toBe('ab\n\nc')
    expect(joinedAnswerText([reasoning])).toBe('')
  })
})
