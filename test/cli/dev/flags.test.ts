import { describe, expect, it } from 'vitest'
import { parseFlags } from '../../../src/cli/dev/flags.ts'
import { StartError } from '../../../src/cli/dev/start-error.ts'

describe('the flags of npm start', () => {
  it('have defaults', () => {
    expect(parseFlags([])).toEqual({
      port: 8787,
      host: '127.0.0.1',
      persist: '.headgate/state',
      json: false,
      upstreamPort: 0,
      help: false,
    })
  })

  it('are read', () => {
    const args = ['--port', '0', '--host', '0.0.0.0', '--persist', '/x', '--json', '--upstream-port=9000']
    expect(parseFlags(args)).toMatchObject({ port: 0, host: '0.0.0.0', persist: '/x', json: true, upstreamPort: 9000 })
  })

  it.each([
    [['--port', 'abc'], '--port takes a port between 0 and 65535, not "abc".'],
    [['--port', '65536'], '--port takes a port between 0 and 65535, not "65536".'],
    [['--port', '-1'], /--port/],
    [['--port', '1e3'], /not "1e3"/],
    [['--upstream-port', ''], /--upstream-port takes a port/],
    [['--persist', ''], '--persist takes a folder.'],
    [['--nonsense'], /^Unknown option '--nonsense'\. "npm start -- --help" lists the flags\.$/],
    [['start'], /Unexpected argument 'start'/],
  ])('are refused in one sentence: %j', (args, sentence) => {
    expect(() => parseFlags(args)).toThrow(sentence)
    expect(() => parseFlags(args)).toThrow(StartError)
  })
})
