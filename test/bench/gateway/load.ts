/**
 * The load generator: so many connections, each sending the calls of conversations one after the other and timing every
 * answer. A process of its own; jobs and results go over IPC.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TIME_MARK } from './answer-plan.ts'
import { HttpParser } from './http-parser.ts'
import { quantilesOf, type LoadJob, type LoadResult } from './load-job.ts'

/** Calls that share a session id; a session of an agent has tens to hundreds. */
const CALLS_A_SESSION = 20

const files = new Map<string, Buffer>()

function body(path: string): Buffer {
  const bytes = files.get(path) ?? readFileSync(path)
  files.set(path, bytes)
  return bytes
}

const microseconds = (from: bigint): number => Number(process.hrtime.bigint() - from) / 1_000

interface Samples {
  answered: number
  counted: number
  failed: number
  problem: string
  deltas: number
  readonly total: number[]
  readonly firstByte: number[]
  readonly relay: number[]
}

/** What one answer brought. */
interface Answer {
  status: number
  firstByte: number
  total: number
  /** What only the end of such an answer says. */
  ending: string
  complete: boolean
  text: string
  relay: number[]
}

class Connection {
  readonly #job: LoadJob
  #socket: Socket | null = null
  #session = ''
  #calls = 0

  constructor(job: LoadJob) {
    this.#job = job
  }

  close(): void {
    this.#socket?.destroy()
  }

  /** @throws Error when the connection breaks or nothing more comes in time */
  call(): Promise<Answer> {
    const { bodies, headers, path, port, timeoutMs } = this.#job
    if (this.#calls % CALLS_A_SESSION === 0) this.#session = randomUUID()
    const bytes = body(bodies[this.#calls++ % bodies.length] as string)
    const socket = this.#socket ?? connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    const lines = [...headers, `x-claude-code-session-id: ${this.#session}`, `content-length: ${bytes.length}`]
    const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('\r\n')}\r\n\r\n`
    return new Promise((resolve, reject) => {
      const startedAt = process.hrtime.bigint()
      const answer: Answer = { status: 0, firstByte: NaN, total: NaN, ending: '', complete: false, text: '', relay: [] }
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        socket.removeAllListeners()
        socket.on('error', () => {})
        end()
      }
      const fail = (why: string): void =>
        settle(() => {
          socket.destroy()
          this.#socket = null
          reject(new Error(why))
        })
      const timer = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs)
      const parser = new HttpParser({
        head: (text) => {
          answer.status = Number(text.slice(9, 12))
          answer.ending = /text\/event-stream/i.test(text) ? '"message_stop"' : '"end_turn"'
        },
        body: (part) => {
          if (Number.isNaN(answer.firstByte)) answer.firstByte = microseconds(startedAt)
          readPart(answer, part)
        },
        end: () => {
          answer.total = microseconds(startedAt)
          settle(() => resolve(answer))
        },
      })
      socket.on('data', (data: Buffer) => parser.push(data))
      socket.on('error', (error) => fail(error.message))
      socket.on('close', () => fail('the connection was closed'))
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(bytes)
      socket.uncork()
    })
  }
}

/** Takes the writing times out of a part of a stream, and keeps what may be the beginning of one. */
function readPart(answer: Answer, part: Buffer): void {
  const now = process.hrtime.bigint()
  const text = answer.text + part.toString('latin1')
  if (text.includes(answer.ending)) answer.complete = true
  const pieces = text.split(TIME_MARK)
  let index = 1
  for (; index + 1 < pieces.length; index += 2) {
    answer.relay.push(Number(now - BigInt(pieces[index] as string)) / 1_000)
  }
  const rest = pieces.slice(index - 1).join(TIME_MARK)
  answer.text = rest.slice(-200)
}

function take(samples: Samples, answer: Answer, counts: boolean): void {
  if (answer.status !== 200 || !answer.complete) {
    samples.failed++
    samples.problem ||= answer.status === 200 ? 'the stream was cut' : `${answer.status} ${answer.text}`
    return
  }
  samples.answered++
  if (!counts) return
  samples.counted++
  samples.deltas += answer.relay.length
  samples.total.push(answer.total)
  samples.firstByte.push(answer.firstByte)
  for (const one of answer.relay) samples.relay.push(one)
}

async function run(job: LoadJob): Promise<LoadResult> {
  const samples: Samples = {
    answered: 0,
    counted: 0,
    failed: 0,
    problem: '',
    deltas: 0,
    total: [],
    firstByte: [],
    relay: [],
  }
  const startedAt = performance.now()
  const countFrom = startedAt + job.warmUpMs
  const until = job.durationMs === undefined ? 0 : countFrom + job.durationMs
  const connections = Array.from({ length: job.connections }, () => new Connection(job))
  await Promise.all(
    connections.map(async (connection) => {
      do {
        if (job.pauseMs !== undefined) await sleep(job.pauseMs)
        const counts = performance.now() >= countFrom
        try {
          take(samples, await connection.call(), counts)
        } catch (error) {
          samples.failed++
          samples.problem ||= String(error)
        }
      } while (performance.now() < until)
      connection.close()
    }),
  )
  const seconds = (performance.now() - countFrom) / 1_000
  return {
    answered: samples.answered,
    counted: samples.counted,
    failed: samples.failed,
    problem: samples.problem,
    perSecond: samples.counted / seconds,
    total: quantilesOf(samples.total),
    firstByte: quantilesOf(samples.firstByte),
    relay: quantilesOf(samples.relay),
    deltas: samples.deltas,
  }
}

process.on('message', (job: LoadJob) => {
  void run(job).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
