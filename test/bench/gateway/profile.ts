/** Where a Worker's time goes: V8's sampling profiler in workerd, read over its inspector, summed by function. */
import { setTimeout as sleep } from 'node:timers/promises'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface FunctionTime {
  readonly name: string
  /** Microseconds in the function itself. */
  readonly self: number
  /** And in all it called; counted once where it calls itself. */
  readonly total: number
}

const SAMPLE_MICROSECONDS = 500

/** Samples the Worker `main` while the work runs. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/ */
export async function profileWhile(inspectorPort: number, work: () => Promise<unknown>): Promise<Profile> {
  const socket = new WebSocket(`ws://127.0.0.1:${inspectorPort}/main`)
  await new Promise((open, fail) => {
    socket.addEventListener('open', open)
    socket.addEventListener('error', () => fail(new Error('the inspector refused the connection')))
  })
  let next = 1
  const answers = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) answers.get(id)?.(result)
  })
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      const id = next++
      answers.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
  await ask('Profiler.enable')
  await ask('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
  await ask('Profiler.start')
  await work()
  await sleep(300)
  const { profile } = (await ask('Profiler.stop')) as { profile: Profile }
  socket.close()
  return profile
}

/** Times by function, the dearest by itself first. */
export function timesByFunction({ nodes, samples, timeDeltas }: Profile): readonly FunctionTime[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)))
  const times = new Map<string, { self: number; total: number }>()
  const timesOf = (name: string) => {
    const known = times.get(name) ?? { self: 0, total: 0 }
    times.set(name, known)
    return known
  }
  samples.forEach((id, index) => {
    const spent = timeDeltas[index] ?? 0
    const seen = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const name = nameOf(byId.get(at))
      if (at === id) timesOf(name).self += spent
      if (!seen.has(name)) timesOf(name).total += spent
      seen.add(name)
    }
  })
  return [...times].map(([name, time]) => ({ name, ...time })).toSorted((one, other) => other.self - one.self)
}

function nameOf(node: ProfileNode | undefined): string {
  if (node === undefined) return '?'
  const { functionName, url, lineNumber } = node.callFrame
  const where = url === '' ? '' : ` (${url.split('/').at(-1)}:${lineNumber + 1})`
  return `${functionName || 'anonymous'}${where}`
}
