/** Large bodies at once: eight of 10 MB fit into little memory, and what does not fit is told when to come back. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOf, resetPeak, treeOf } from '../bench/gateway/process-tree.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const IMAGE_BYTES = 1_000_000
const AT_ONCE = 8
const MOST_GROWN_MB = 150
/** More than fit. */
const CALLS = 12

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  await gateway.stop()
})

/** Ten screenshots; nothing of them is text that a model would have to fit. */
function body(): string {
  const image = () => ({
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: randomBytes((IMAGE_BYTES * 3) / 4).toString('base64') },
  })
  const content = [...Array.from({ length: 10 }, image), { type: 'text', text: 'What do these show?' }]
  return JSON.stringify({ model: 'auto', max_tokens: 100, messages: [{ role: 'user', content }] })
}

const ask = (text: string): Promise<Response> =>
  fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      authorization: `Bearer ${gateway.key}`,
    },
    body: text,
  })

describe('bodies of 10 MB', { timeout: 120_000 }, () => {
  it.skipIf(process.platform !== 'linux')('pass eight at once within 150 MB more memory', async () => {
    const large = body()
    expect((await ask('{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}')).status).toBe(200)
    const tree = treeOf(gateway.pid)
    resetPeak(tree)
    const before = memoryOf(tree).now
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(large)))
    expect(await Promise.all(answers.map(async (answer) => [answer.status, (await answer.text()).length > 0]))).toEqual(
      Array.from({ length: AT_ONCE }, () => [200, true]),
    )
    expect(memoryOf(tree).peak - before).toBeLessThan(MOST_GROWN_MB)
  })

  it('beyond what fits are refused with a time to come back, and fit again later', async () => {
    const large = body()
    await script(gateway.upstream, { times: CALLS, headersDelayMs: 6_000 })
    const statuses = await Promise.all(
      Array.from({ length: CALLS }, async () => {
        const answer = await ask(large)
        const told = (await answer.json()) as { error?: { type: string } }
        return { status: answer.status, wait: answer.headers.get('retry-after'), type: told.error?.type }
      }),
    )
    const refused = statuses.filter(({ status }) => status !== 200)
    expect(refused.length).toBeGreaterThan(0)
    expect(statuses.length - refused.length).toBeGreaterThanOrEqual(AT_ONCE)
    for (const one of refused) expect(one).toEqual({ status: 529, wait: '5', type: 'overloaded_error' })
    // Room is given back once a call is settled.
    await sleep(500)
    expect((await ask(large)).status).toBe(200)
  })
})
