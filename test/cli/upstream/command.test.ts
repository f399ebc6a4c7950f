import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const ENTRY = join(import.meta.dirname, '../../../src/cli/upstream.ts')
const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  return child
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.trim()
}

describe('the command', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('prints one line of JSON when ready and ends on %s', async (signal) => {
    const child = run('--port', '0', '--json', '--lax')
    const ready = JSON.parse(await firstLine(child)) as { url: string; port: number; strict: boolean }
    expect(ready).toMatchObject({ url: `http://127.0.0.1:${ready.port}`, strict: false })
    expect((await fetch(`${ready.url}/api/hello`, { method: 'HEAD' })).status).toBe(200)
    const hanging = fetch(`${ready.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'x-script': '{"hang":"headers"}' },
      body: '{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}',
    }).catch(() => 'closed')
    await new Promise((resolve) => setTimeout(resolve, 100))
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(0)
    expect(await hanging).toBe('closed')
  })

  it('is strict unless told otherwise', async () => {
    const child = run('--port', '0', '--json')
    expect(JSON.parse(await firstLine(child))).toMatchObject({ strict: true })
  })

  it.each([
    [['--port', 'x'], '--port takes a whole number'],
    [['--strict', '--lax'], 'exclude each other'],
    [['--colour'], 'Unknown option'],
  ])('refuses %j', async (args, words) => {
    const child = run(...args)
    let text = ''
    child.stderr?.on('data', (chunk) => (text += String(chunk)))
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(1)
    expect(text).toContain(words)
  })
})
