import { describe, expect, it } from 'vitest'
import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import { scanResponses } from '../../../src/core/dialects/openai-responses/scan.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import { prefixPrint, volatileParts } from '../../../src/core/prompt-cache/volatile.ts'
import { bodyOf } from '../dialects/body-of.ts'
import { agentBody } from './conversations.ts'

function scanOf(system: string, change: object = {}): RequestScan {
  return scanAnthropicMessages(bodyOf(JSON.stringify({ ...agentBody(1), system, ...change })))
}

const BILLING = 'x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli;'

describe('volatile parts of a prefix', () => {
  it.each<[string, string, string, readonly string[]]>([
    ['nothing', 'You fix bugs.', 'You fix bugs.', []],
    ['a nonce in the billing header', `${BILLING} cch=0a1b2;\nYou`, `${BILLING} cch=9f8e7;\nYou`, ['billing_header']],
    ['the time of day', 'It is 2026-11-23T10:00:01Z.\nYou', 'It is 2026-11-23T10:00:02Z.\nYou', ['timestamp']],
    ['the folder', 'Working directory: /a\nYou', 'Working directory: /b\nYou', ['working_directory']],
    ['the state of the repository', 'Git status:\nM a.ts\n', 'Git status:\nM a.ts\nM b.ts\n', ['git_status']],
    ['an id of the request', 'request_id: 01ab\nYou', 'request_id: 02cd\nYou', ['request_id']],
    ['a line that nobody knows', 'You fix bugs.', 'You mend bugs.', ['unknown']],
    [
      'one of two, and only that one is told',
      'Working directory: /a\nCurrent time: 10:00\nYou',
      'Working directory: /a\nCurrent time: 10:01\nYou',
      ['timestamp'],
    ],
  ])('%s', (_name, before, now, expected) => {
    expect(volatileParts(scanOf(now), prefixPrint(scanOf(before), null))).toEqual(expected)
  })

  it('tells of tools that changed', () => {
    const now = scanOf('You fix bugs.', { tools: [{ name: 'read' }, { name: 'write' }] })
    expect(volatileParts(now, prefixPrint(scanOf('You fix bugs.'), null))).toEqual(['tools'])
  })

  it('tells of a known nonce at the first call, and of nothing else before there is something to compare', () => {
    expect(volatileParts(scanOf(`${BILLING} cch=0a1b2;`), null)).toEqual(['billing_header'])
    expect(volatileParts(scanOf(BILLING), null)).toEqual([])
    expect(volatileParts(scanOf('It is 2026-11-23T10:00:01Z.'), null)).toEqual([])
  })

  it('reads instructions wherever a dialect has them', () => {
    const scan = (time: string): RequestScan =>
      scanResponses(
        bodyOf(
          JSON.stringify({
            model: 'gpt-6-sol',
            input: [
              { role: 'developer', content: `Current time: ${time}` },
              { role: 'user', content: 'hi' },
            ],
          }),
        ),
      )
    expect(volatileParts(scan('10:01'), prefixPrint(scan('10:00'), null))).toEqual(['timestamp'])
  })

  it('is the print before, where the prefix is the same', () => {
    const before = prefixPrint(scanOf('Current time: 10:00'), null)
    expect(prefixPrint(scanOf('Current time: 10:00'), before)).toBe(before)
    expect(prefixPrint(scanOf('Current time: 10:01'), before)).not.toEqual(before)
  })

  it('keeps hashes and no text', () => {
    expect(JSON.stringify(prefixPrint(scanOf('Working directory: /home/someone'), null))).not.toContain('someone')
  })
})
