import { describe, expect, it } from 'vitest'
import { readControl } from '../../../src/cli/upstream/control.ts'
import { directiveIn } from '../../../src/cli/upstream/script.ts'
import { errorMessage, runningUpstream } from './running.ts'

const running = runningUpstream()
const hi = [{ role: 'user', content: 'hi' }]

describe('the control interface', () => {
  it.each([
    ['no object', 7, 'a rule is an object'],
    ['an unknown field', { statsu: 500 }, 'unknown field "statsu"'],
    ['a status that is none', { status: 99 }, 'bad value for "status"'],
    ['a negative delay', { eventDelayMs: -1 }, 'bad value for "eventDelayMs"'],
    ['a count of zero', { times: 0 }, 'times is a whole number from 1, or null'],
    ['an unknown match', { match: { user: 'x' } }, 'match: unknown field "user"'],
    ['an unknown reply field', { reply: { txt: 'x' } }, 'reply: unknown field "txt"'],
    ['an unknown stop', { reply: { stop: 'halt' } }, 'reply: bad value for "stop"'],
    ['a broken tool call', { reply: { toolCalls: [{ name: 'x' }] } }, 'reply: bad value for "toolCalls"'],
    ['an unknown setting', { settings: { strictt: true } }, 'settings: unknown field "strictt"'],
    ['rules that are no list', { rules: {} }, 'a rule is an object'],
    ['one bad rule among good ones', [{ status: 500 }, { status: 'x' }], 'rule 1: bad value for "status"'],
  ])('refuses %s and changes nothing', async (_name, body, words) => {
    const answered = await running.call('POST', '/__script', body)
    expect(answered.status).toBe(400)
    expect(String(answered.json.error)).toContain(words)
    expect((await running.call('GET', '/__script')).json.rules).toEqual([])
  })

  it('refuses what is no JSON, and knows no other controls', async () => {
    expect((await running.call('POST', '/__script', '{')).status).toBe(400)
    expect((await running.call('GET', '/__nothing')).status).toBe(404)
    expect((await running.call('GET', '/__requests?since=x')).status).toBe(400)
  })

  it('counts down, matches by path, model and streaming, and resets', async () => {
    await running.script([
      { status: 500, match: { model: 'claude-opus-5-5' } },
      { status: 503, match: { path: '/v1/chat' }, times: 2 },
      { status: 529, match: { stream: true }, times: null },
    ])
    expect((await running.claude({ model: 'claude-sonnet-4-6' })).status).toBe(200)
    expect((await running.claude({ model: 'claude-opus-5-5' })).status).toBe(500)
    expect((await running.claude({ model: 'claude-opus-5-5' })).status).toBe(200)
    const chat = () => running.openai('chat/completions', { model: 'gpt-4.1', messages: hi })
    expect([(await chat()).status, (await chat()).status, (await chat()).status]).toEqual([503, 503, 200])
    for (let time = 0; time < 3; time += 1) {
      expect((await running.claude({ model: 'claude-opus-5-5', stream: true })).status).toBe(529)
    }
    expect((await running.call('GET', '/__script')).json.rules).toMatchObject([{ id: 3, times: null }])
    await running.call('DELETE', '/__script')
    expect((await running.claude({ model: 'claude-opus-5-5', stream: true })).status).toBe(200)
  })

  it('takes a script from a header or from the prompt, before waiting ones', async () => {
    await running.script({ status: 500 })
    const header = { 'x-script': JSON.stringify({ reply: { text: 'by header' } }) }
    expect((await running.claude({ model: 'claude-sonnet-4-6' }, header)).json.content).toMatchObject([
      { text: 'by header' },
    ])
    const directive =
      'Please. [[script: {"reply":{"text":"by prompt","toolCalls":[{"name":"a","input":{"b":[[1]]}}]}}]] Thanks.'
    const messages = [{ role: 'user', content: directive }]
    const claude = await running.claude({ model: 'claude-sonnet-4-6', messages })
    expect(claude.json.content).toMatchObject([{ text: 'by prompt' }, { name: 'a', input: { b: [[1]] } }])
    const chat = await running.openai('chat/completions', { model: 'gpt-4.1', messages })
    expect(chat.json.choices).toMatchObject([{ message: { content: 'by prompt' } }])
    const response = await running.openai('responses', { model: 'gpt-4.1', input: directive })
    expect(response.json.output).toMatchObject([{ content: [{ text: 'by prompt' }] }, { name: 'a' }])
    expect((await running.claude({ model: 'claude-sonnet-4-6' })).status).toBe(500)
  })

  it('answers a broken directive with what is wrong, never with silence', async () => {
    const wrong = await running.claude({ model: 'claude-sonnet-4-6' }, { 'x-script': '{"staus":1}' })
    expect(wrong.status).toBe(400)
    expect(errorMessage(wrong)).toBe('script: unknown field "staus"')
    expect(directiveIn('no directive')).toBeNull()
    expect(directiveIn('[[script: {"a"')).toEqual({ problem: 'a directive ends with ]]' })
  })

  it('records requests byte for byte, and lists them from a number on', async () => {
    const text = '{"model":"claude-sonnet-4-6",  "max_tokens":5,"messages":[{"role":"user","content":"ä"}]}'
    await running.call('POST', '/v1/messages?beta=true', text, { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' })
    await running.claude({ model: 'nothing' })
    const [first, second] = await running.requests()
    expect(first).toMatchObject({
      method: 'POST',
      path: '/v1/messages?beta=true',
      bodyText: text,
      status: 200,
      ending: 'complete',
    })
    expect(first?.bodyBytes).toBe(Buffer.byteLength(text))
    expect(first?.bodySha256).toMatch(/^[0-9a-f]{64}$/)
    expect(second).toMatchObject({ status: 404, billed: null })
    const later = await running.call('GET', `/__requests?since=${first?.seq}`)
    expect(later.json).toMatchObject({ last: second?.seq, requests: [{ seq: second?.seq }] })
  })

  it('reads one rule, a list, and rules with settings', () => {
    expect(readControl({ status: 500 })).toMatchObject({ rules: [{ times: 1, script: { status: 500 } }], settings: {} })
    expect(readControl([{ status: 500 }, { times: null }])).toMatchObject({ rules: [{ times: 1 }, { times: null }] })
    expect(readControl({ rules: [], settings: { strict: false } })).toEqual({ rules: [], settings: { strict: false } })
    expect(readControl({ settings: { strict: false } })).toEqual({ rules: [], settings: { strict: false } })
  })
})
