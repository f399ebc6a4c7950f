/**
 * A receiver of alerts as a team would write it: it checks each signature with nothing but the secret it was shown, and
 * answers as it was told to. One per test run; each path is a receiver of its own.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ReceivedAlert } from './received-alert.ts'

interface Post {
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

interface Inbox {
  readonly received: ReceivedAlert[]
  secret: string
  /** Statuses of the next answers; 200 when there are none left. */
  plan: number[]
}

export class AlertReceiver {
  readonly #inboxes = new Map<string, Inbox>()

  inbox(path: string): Inbox {
    const known = this.#inboxes.get(path)
    if (known !== undefined) return known
    const made: Inbox = { received: [], secret: '', plan: [] }
    this.#inboxes.set(path, made)
    return made
  }

  /** What it took in at a path: only what it answered with 200. */
  taken(path: string): readonly ReceivedAlert[] {
    return this.inbox(path).received
  }

  /** @returns the status to answer with */
  post({ path, headers, text }: Post): number {
    const inbox = this.inbox(path)
    const status = inbox.plan.shift() ?? 200
    if (status !== 200) return status
    const body = JSON.parse(text) as ReceivedAlert['body']
    const signed = isFromHeadgate(inbox.secret, headers['headgate-signature'] ?? '', text)
    inbox.received.push({ id: decodeURIComponent(headers['headgate-alert'] ?? ''), signed, body })
    return status
  }
}

/** As the gateway documents it. */
function isFromHeadgate(secret: string, header: string, body: string): boolean {
  const parts = header.split(',').map((part) => part.split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false
  const right = createHmac('sha256', secret).update(`${time}.${body}`).digest()
  return parts.some(([name, hex]) => {
    const given = name === 'v1' ? Buffer.from(hex ?? '', 'hex') : Buffer.alloc(0)
    return given.length === right.length && timingSafeEqual(given, right)
  })
}

/**
 * The receiver as the outside world of a Worker under test: what it fetches from `hooks.example.com` comes here. The test,
 * inside the Worker's isolate, asks at `control.example.com` what was taken, and sets secrets and answers there.
 */
export async function receiveOutbound(receiver: AlertReceiver, request: Request): Promise<Response> {
  const { host, pathname } = new URL(request.url)
  const text = await request.text()
  if (host === 'control.example.com') {
    if (request.method === 'GET') return Response.json(receiver.taken(pathname))
    Object.assign(receiver.inbox(pathname), JSON.parse(text))
    return new Response(null, { status: 204 })
  }
  if (host !== 'hooks.example.com') return new Response('no such host', { status: 599 })
  const status = receiver.post({ path: pathname, headers: Object.fromEntries(request.headers), text })
  const headers = status === 302 ? { location: 'https://hooks.example.com/elsewhere' } : undefined
  return new Response('a body nobody may store', { status, ...(headers === undefined ? {} : { headers }) })
}
