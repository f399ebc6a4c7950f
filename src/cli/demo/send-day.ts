/** Sends a day through a gateway: sessions side by side, the calls of each in their order. */
import type { Difficulty, PlannedSession } from './day-plan.ts'
import { callsOf, type DemoCall } from './conversation.ts'

export interface SentCall {
  /** The decision's id, by which the log knows the call. */
  readonly decisionId: string
  readonly difficulty: Difficulty
}

export interface Destination {
  readonly url: string
  readonly key: string
  /** Names this sending of the day: two of them share no cache. */
  readonly run: string
  /** What every call asks for; `auto` where it is left out. */
  readonly model?: string
}

const SIDE_BY_SIDE = 4

/** @throws Error with the gateway's answer when it refuses a call */
async function sendCall(to: Destination, call: DemoCall): Promise<SentCall> {
  const answer = await fetch(`${to.url}/v1/messages`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${to.key}`,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'x-session-id': call.sessionId,
    },
    body: call.body,
  })
  const text = await answer.text()
  const decisionId = answer.headers.get('x-headgate-decision')
  if (!answer.ok || decisionId === null) throw new Error(`The gateway answered ${answer.status}: ${text.slice(0, 500)}`)
  return { decisionId, difficulty: call.turn.difficulty }
}

/** @param onCall is told after each call how many are through */
export async function sendDay(
  to: Destination,
  sessions: readonly PlannedSession[],
  onCall: (done: number) => void,
): Promise<readonly SentCall[]> {
  const waiting = [...sessions.entries()]
  const sent: SentCall[] = []
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, session] = next
      for (const call of callsOf(session, index + 1, to)) {
        sent.push(await sendCall(to, call))
        onCall(sent.length)
      }
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  return sent
}
