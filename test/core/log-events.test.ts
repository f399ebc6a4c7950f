import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { logEntry, type LogEvent } from '../../src/core/log-events.ts'

describe('a line of the log', () => {
  it.each<[LogEvent, string]>([
    ['budget_surfaced', 'info'],
    ['iteration_cap_reached', 'info'],
    ['call_not_served', 'info'],
    ['attempt_failed', 'warn'],
    ['not_settled', 'warn'],
    ['outbox_not_sent', 'warn'],
    ['provider_refused', 'error'],
    ['internal_error', 'error'],
  ])('%s is of level %s', (event, level) => {
    expect(logEntry(event, {}).level).toBe(level)
  })

  it('is JSON that names its event first', () => {
    const { line } = logEntry('attempt_failed', { target: 'anthropic/claude-haiku-5-5', status: 529 })
    expect(line).toBe('{"event":"attempt_failed","target":"anthropic/claude-haiku-5-5","status":529}')
  })

  it("of an error's code that has no level of its own counts as an error", () => {
    expect(logEntry('gateway_overloaded', { requestId: 'req_1', cause: 'away' }).level).toBe('error')
    expect(logEntry('provider_timeout', { requestId: 'req_1', cause: 'late' }).level).toBe('warn')
  })

  it('is written nowhere in the Worker at a level of its own', () => {
    const root = join(import.meta.dirname, '../../src')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !path.startsWith('cli') && !path.endsWith('.d.ts'),
    )
    const own = files.filter((path) => /console\.\w+\(/.test(readFileSync(join(root, path), 'utf8')))
    expect(files.length).toBeGreaterThan(200)
    expect(own).toEqual([])
  })
})
