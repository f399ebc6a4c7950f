/** The log of a day, replayed under the policy that it was made with, against the bill that the log holds. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ReplayReport } from '../../src/core/replay/replay-report.ts'
import { runTool } from '../cli/replay/run-replay.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  await gateway?.stop()
})

it('bills what was billed, call by call at the same model', async () => {
  const team = await gateway.admin.newTeam('A day')
  const { url, adminToken } = gateway
  const day = await runTool('demo.ts', ['--url', url, '--key', team.key, '--admin-token', adminToken])
  expect(day).toMatchObject({ code: 0, stderr: '' })
  const replay = await runTool('replay.ts', ['--url', url, '--token', adminToken, '--json', '--resamples', '1'])
  expect(replay).toMatchObject({ code: 0, stderr: '' })
  const { tables, calls } = JSON.parse(replay.stdout) as ReplayReport
  const [, recorded, own, best] = tables[0]?.rows ?? []
  expect([recorded?.name, own?.name, best?.kind]).toEqual(['as recorded', 'default', 'best'])
  expect(calls).toBe(200)
  expect(own?.asLogged?.calls).toBe(200)
  expect((own?.costNano ?? 0) / (recorded?.costNano ?? 1)).toBeCloseTo(1, 3)
  expect(best?.costNano).toBeLessThanOrEqual(own?.costNano ?? 0)
}, 60_000)
