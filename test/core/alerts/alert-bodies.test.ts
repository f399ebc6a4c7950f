import { describe, expect, it } from 'vitest'
import { slackBody, webhookBody } from '../../../src/core/alerts/alert-bodies.ts'
import { anAlert } from './an-alert.ts'

const team = { id: 't', name: 'A & <B>' }

describe('the body of a webhook', () => {
  it('is the alert, byte for byte the same at every attempt', () => {
    expect(webhookBody(anAlert(), team)).toBe(
      '{"id":"threshold:x","kind":"budget_threshold","severity":"warning","at":"2026-11-23T12:00:00.000Z",' +
        '"team":{"id":"t","name":"A & <B>"},"title":"80% is spent.","details":{"spentNano":80000000000,"scopeName":null}}',
    )
    expect(webhookBody({ ...anAlert() }, { ...team })).toBe(webhookBody(anAlert(), team))
  })
})

interface SlackMessage {
  readonly text: string
  readonly blocks: readonly { readonly type: string; readonly text?: object; readonly elements?: readonly object[] }[]
}

describe('the body for Slack', () => {
  const messageOf = (title: string): SlackMessage => JSON.parse(slackBody(anAlert({ title }), team)) as SlackMessage

  it('says the alert in a sentence, its team, how grave it is and when it was', () => {
    expect(messageOf('80% is spent.')).toEqual({
      text: 'Headgate, warning: 80% is spent.',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '80% is spent.' } },
        {
          type: 'context',
          elements: [{ type: 'mrkdwn', text: 'A &amp; &lt;B&gt; | warning | 2026-11-23 12:00 UTC' }],
        },
      ],
    })
  })

  it('holds no mention and no link of anybody else, and escapes nothing twice', () => {
    const { text, blocks } = messageOf('<https://x|click> <!here> &lt;')
    expect(text).toBe('Headgate, warning: &lt;https://x|click&gt; &lt;!here&gt; &amp;lt;')
    expect(JSON.stringify(blocks)).not.toMatch(/[<>]/)
  })
})
