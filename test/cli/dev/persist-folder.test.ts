import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readOrMakeSecrets, saveSecrets } from '../../../src/cli/dev/local-secrets.ts'
import { openPersistFolder, readRunning } from '../../../src/cli/dev/persist-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-folder-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the lock of a state folder', () => {
  it('keeps a second one out until it is released', () => {
    const state = join(folder, 'a', 'b')
    const held = openPersistFolder(state)
    expect(() => openPersistFolder(state)).toThrow(
      `Another gateway (process ${process.pid}) runs with the state folder`,
    )
    held.release()
    openPersistFolder(state).release()
  })

  it('of a process that is gone is taken over', () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 - 1, started: '1' }))
    openPersistFolder(folder).release()
  })

  it.runIf(process.platform === 'linux')('of a dead process whose id someone else got is taken over', () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: '1' }))
    openPersistFolder(folder).release()
  })

  it('that is half written is taken over', () => {
    writeFileSync(join(folder, 'lock'), '{"pid":')
    openPersistFolder(folder).release()
  })

  it('tells who runs only while someone does', () => {
    expect(readRunning(folder)).toBeNull()
    const held = openPersistFolder(folder)
    expect(readRunning(folder)).toBeNull()
    held.announce({ url: 'http://127.0.0.1:1', upstreamUrl: null })
    expect(readRunning(folder)).toEqual({ url: 'http://127.0.0.1:1', upstreamUrl: null })
    expect(() => openPersistFolder(folder)).toThrow('Another gateway')
    held.release()
    expect(readRunning(folder)).toBeNull()
  })

  it.each(['/proc/headgate', '/dev/null/state'])('cannot be taken in %s', (path) => {
    expect(() => openPersistFolder(path)).toThrow(/cannot be written \(\w+\)\.$/)
  })
})

describe('the secrets of a state folder', () => {
  it('are made once, and only their owner reads them', () => {
    const made = readOrMakeSecrets(folder)
    expect(made.adminToken).toMatch(/^hga_[\w-]{43}$/)
    expect(made).toMatchObject({ teamId: null, key: null })
    expect(readOrMakeSecrets(folder)).toEqual(made)
    saveSecrets(folder, { ...made, teamId: 't', key: 'hg_x' })
    expect(readOrMakeSecrets(folder)).toMatchObject({ adminToken: made.adminToken, key: 'hg_x' })
    expect(statSync(join(folder, 'gateway.json')).mode & 0o777).toBe(0o600)
  })

  it('are never replaced because they cannot be read', () => {
    writeFileSync(join(folder, 'gateway.json'), '{"adminToken":1}')
    expect(() => readOrMakeSecrets(folder)).toThrow(/is damaged/)
    expect(readFileSync(join(folder, 'gateway.json'), 'utf8')).toBe('{"adminToken":1}')
  })
})
