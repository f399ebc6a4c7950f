/** What Claude Code asks when its discovery is switched on: https://code.claude.com/docs/en/llm-gateway-protocol */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})

it('lists what it keeps (ids with "claude" in them), at once and on one page', async () => {
  const began = performance.now()
  const answer = await fetch(`${gateway.url}/v1/models?limit=1000`, {
    headers: { authorization: `Bearer ${gateway.key}`, 'anthropic-version': '2023-06-01' },
    redirect: 'error',
  })
  const page = (await answer.json()) as { data: Record<string, unknown>[]; has_more: boolean }
  expect(performance.now() - began).toBeLessThan(1000)
  expect([answer.status, page.has_more]).toEqual([200, false])
  const kept = page.data.filter(({ id }) => /claude|anthropic/.test(String(id)))
  const ids = kept.map(({ id }) => id)
  expect(ids).toEqual(expect.arrayContaining(['claude-headgate-auto', 'claude-headgate-tier-1', 'claude-opus-5-5']))
  expect(new Set(ids).size).toBe(ids.length)
  for (const model of kept) {
    expect(model).toMatchObject({ type: 'model', display_name: expect.stringMatching(/\S/) })
    expect(model['max_input_tokens']).toBeGreaterThanOrEqual(200_000)
    expect(model['max_tokens']).toBeGreaterThan(0)
  }
})
