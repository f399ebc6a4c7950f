/**
 * A client whose connection ends before its answer does. Most close it in order, also when their process is killed: the
 * other end is told that nothing more will be sent, and not that nothing more is read.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `closed`: by the client itself. `killed`: by the system, for a process that is no more. `stuck`: by the client, which
 * until then reads nothing.
 */
export type HangUp = 'closed' | 'killed' | 'stuck'

export interface StreamedRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface HangingUp {
  /** What has come until now. */
  seen(): string
  /** Until the text has come. */
  until(text: string): Promise<void>
  /** The answer has ended, or the connection has. */
  readonly ended: Promise<unknown>
  /** Ends the connection; it has ended when this resolves. */
  leave(): Promise<void>
}

type Opened = Pick<HangingUp, 'ended' | 'leave'>

/** Sends a request whose client will end in this way. */
export function openCall(asked: StreamedRequest, how: HangUp): HangingUp {
  let seen = ''
  const take = (piece: Buffer): void => {
    seen += String(piece)
  }
  return {
    ...(how === 'killed' ? openInProcess(asked, take) : openHere(asked, { take, how })),
    seen: () => seen,
    async until(text) {
      while (!seen.includes(text)) await sleep(20)
    },
  }
}

function openHere(
  { url, headers, body }: StreamedRequest,
  { take, how }: { readonly take: (piece: Buffer) => void; readonly how: HangUp },
): Opened {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const call = request(url, { method: 'POST', headers, agent: false })
  call.on('error', () => {}).on('close', resolve)
  call.on('response', (answer) => {
    answer.on('error', () => {})
    if (how === 'stuck') answer.pause()
    else answer.on('data', take)
  })
  call.end(body)
  return {
    ended,
    async leave() {
      const { socket } = call
      if (socket === null) throw new Error('there was no connection yet')
      const closed = once(socket, 'close')
      socket.end().destroy()
      await closed
    },
  }
}

const CLIENT = `
const { url, headers, body } = JSON.parse(process.argv[1])
const answer = await fetch(url, { method: 'POST', headers, body })
for await (const piece of answer.body) process.stdout.write(piece)
`

function openInProcess(asked: StreamedRequest, take: (piece: Buffer) => void): Opened {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CLIENT, JSON.stringify(asked)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  child.stdout.on('data', take)
  const ended = once(child, 'exit')
  return {
    ended,
    async leave() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
