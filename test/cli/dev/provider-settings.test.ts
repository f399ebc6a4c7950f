import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsScriptedProvider, readProviderVars, refuseOwnAddress } from '../../../src/cli/dev/provider-settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-vars-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('provider settings', () => {
  it('come from .dev.vars, and the environment wins', () => {
    writeFileSync(join(folder, '.dev.vars'), 'ANTHROPIC_API_KEY="from-file"\nOPENAI_API_KEY=file # note\nOTHER=x\n')
    expect(readProviderVars(folder, { OPENAI_API_KEY: 'from-shell', ANTHROPIC_API_KEY: '' })).toEqual({
      ANTHROPIC_API_KEY: 'from-file',
      OPENAI_API_KEY: 'from-shell',
    })
  })

  it('without a key mean the scripted provider, a base URL alone being no provider', () => {
    expect(needsScriptedProvider(readProviderVars(folder, {}))).toBe(true)
    expect(needsScriptedProvider({ ANTHROPIC_BASE_URL: 'http://x' })).toBe(true)
    expect(needsScriptedProvider({ OPENAI_API_KEY: 'k' })).toBe(false)
  })

  it("take providers of one's own with the secrets they name, and nothing else", () => {
    const PROVIDERS = '[{"name":"a","baseUrl":"https://a","apiKeySecret":"A_KEY"},{"name":"b","apiKeySecret":"B_KEY"}]'
    writeFileSync(join(folder, '.dev.vars'), `A_KEY=one\nOTHER=x\nPROVIDERS=${PROVIDERS}\n`)
    const vars = readProviderVars(folder, { B_KEY: 'two' })
    expect(vars).toEqual({ PROVIDERS, A_KEY: 'one', B_KEY: 'two' })
    expect(needsScriptedProvider(vars)).toBe(false)
    expect(needsScriptedProvider({ PROVIDERS: '[]' })).toBe(true)
    expect(() => refuseOwnAddress({ PROVIDERS: '[{"baseUrl":"http://localhost:8787/v1"}]' }, 8787)).toThrow(
      'PROVIDERS is',
    )
    expect(() => readProviderVars(folder, { PROVIDERS: '{' })).toThrow('PROVIDERS must be a JSON array')
  })

  it.each(['http://127.0.0.1:8787', 'http://localhost:8787/v1', 'http://[::1]:8787'])(
    'refuse the gateway itself: %s',
    (url) => {
      expect(() => refuseOwnAddress({ OPENAI_BASE_URL: url }, 8787)).toThrow("this gateway's own address")
    },
  )

  it('take any other address, and no text that is none', () => {
    refuseOwnAddress(
      { ANTHROPIC_BASE_URL: 'https://api.anthropic.com', OPENAI_BASE_URL: 'http://127.0.0.1:9000/v1' },
      8787,
    )
    expect(() => refuseOwnAddress({ ANTHROPIC_BASE_URL: 'api.anthropic.com' }, 8787)).toThrow('is not a URL')
  })
})
