/** An alert as channels take it. The same alert gives the same bytes at every attempt. */
import type { Alert } from './alert.ts'

export interface AlertTeam {
  readonly id: string
  readonly name: string
}

/**
 * The JSON of a webhook: `{ id, kind, severity, at, team: { id, name }, title, details }`. `at` is an ISO 8601 time; money
 * in `details` is nano-dollars, times there are milliseconds since the epoch.
 */
export function webhookBody(alert: Alert, team: AlertTeam): string {
  const { id, kind, severity, at, title, details } = alert
  return JSON.stringify({ id, kind, severity, at: new Date(at).toISOString(), team, title, details })
}

/**
 * A message for a Slack-compatible incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * Names in it are people's own words, so nothing in them may become a mention or a link.
 */
export function slackBody(alert: Alert, team: AlertTeam): string {
  const title = escaped(alert.title)
  const when = new Date(alert.at).toISOString().slice(0, 16).replace('T', ' ')
  const context = `${escaped(team.name)} | ${alert.severity} | ${when} UTC`
  return JSON.stringify({
    text: `Headgate, ${alert.severity}: ${title}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: title } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: context }] },
    ],
  })
}

/** The three characters that Slack's text gives a meaning: https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
