import { describe, expect, it } from 'vitest'
import type { Adaptation } from '../../../../src/core/dialects/adaptation.ts'
import { adaptRequest } from '../../../../src/core/dialects/anthropic-messages/adapt.ts'
import { scanAnthropicMessages } from '../../../../src/core/dialects/anthropic-messages/scan.ts'
import { applyEdits } from '../../../../src/core/dialects/passthrough.ts'
import { KNOWN_MODELS } from '../../../../src/core/routing/models.ts'
import { bodyOf } from '../body-of.ts'

interface Adapted extends Adaptation {
  readonly text: string
}

/** Adapted to the model it names, with the thinking of these messages made by another provider. */
function adapted(request: string, foreign: readonly number[], modelId = 'claude-opus-4-8'): Adapted {
  const source = bodyOf(request)
  const { capabilities } = KNOWN_MODELS.find(({ id }) => id === modelId)!
  const scan = scanAnthropicMessages(source)
  const adaptation = adaptRequest({ scan, modelId, capabilities, headers: {}, foreign: new Set(foreign) })
  return { ...adaptation, text: Buffer.from(applyEdits(source.bytes, adaptation.edits)).toString('utf8') }
}

const THINKING = '{"type": "thinking", "thinking": "Hm, \\"so\\"", "signature": "c2ln"}'
const REDACTED = '{"data":"b3BhcXVl","type":"redacted_thinking"}'
const TEXT = '{ "type":"text", "text":"thinking: none" }'
const CALL = '{"type":"tool_use","id":"toolu_1","name":"read","input":{"type":"thinking"}}'
const RESULT = '{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}'
const assistant = (...blocks: string[]) => `{"role":"assistant", "content": [${blocks.join(' , ')}]}`
const body = (messages: readonly string[], more = '') =>
  `{"model":"claude-opus-4-8","max_tokens":9000${more},"messages":[ {"role":"user","content":"Go"},${messages.join(', ')}]}`

describe('thinking that another provider has signed', () => {
  it('is left out, signed or redacted, and every other byte stays', () => {
    const mixed = assistant(THINKING, TEXT, REDACTED, CALL)
    const own = assistant(THINKING, CALL)
    const { text, adaptations, lost } = adapted(body([mixed, RESULT, own, RESULT]), [1])
    expect(text).toBe(body([assistant(TEXT, CALL), RESULT, own, RESULT]))
    expect([adaptations, lost]).toEqual([['reasoning:of_another_provider_dropped(1)'], ['reasoning']])
  })

  it('goes with its message where that holds nothing else', () => {
    const { text } = adapted(body([assistant(THINKING, REDACTED), '{"role":"user","content":"Go on"}']), [1])
    expect(JSON.parse(text)).toMatchObject({
      messages: [
        { role: 'user', content: 'Go' },
        { role: 'user', content: 'Go on' },
      ],
    })
  })

  it('takes a budget with it where the tools of its message are just answered', () => {
    const budget = ',"thinking":{"type":"enabled","budget_tokens":4000}'
    const asked = (messages: readonly string[]) => body(messages, budget).replaceAll('opus-4-8', 'haiku-4-5')
    const inLoop = adapted(asked([assistant(THINKING, CALL), RESULT]), [1], 'claude-haiku-4-5')
    expect(JSON.parse(inLoop.text)).not.toHaveProperty('thinking')
    expect(inLoop.adaptations).toContain('thinking:budget(4000)->dropped')
    const later = adapted(
      asked([assistant(THINKING, TEXT), '{"role":"user","content":"Go on"}']),
      [1],
      'claude-haiku-4-5',
    )
    expect(JSON.parse(later.text)).toHaveProperty('thinking')
  })

  it('is the same every time, so that what follows stays cached and signed', () => {
    const shorter = adapted(body([assistant(THINKING, CALL), RESULT]), [1]).text
    const longer = adapted(body([assistant(THINKING, CALL), RESULT, assistant(TEXT), RESULT]), [1]).text
    expect(longer.startsWith(shorter.slice(0, -2))).toBe(true)
  })
})
