import { describe, expect, it } from 'vitest'
import { ALERT_KINDS, SEVERITIES, testAlert, wants } from '../../../src/core/alerts/alert.ts'
import { AT, anAlert } from './an-alert.ts'

describe('a channel', () => {
  it('gets what is grave enough for it', () => {
    for (const [least, minSeverity] of SEVERITIES.entries()) {
      for (const [rank, severity] of SEVERITIES.entries()) {
        expect(wants({ kinds: null, minSeverity }, anAlert({ severity }))).toBe(rank >= least)
      }
    }
  })

  it('gets the kinds it names, and every kind where it names none', () => {
    const severity = 'critical'
    for (const kind of ALERT_KINDS) {
      expect(wants({ kinds: ['cap_hit', 'spend_pace'], minSeverity: 'info' }, anAlert({ kind, severity }))).toBe(
        kind === 'cap_hit' || kind === 'spend_pace',
      )
      expect(wants({ kinds: null, minSeverity: 'info' }, anAlert({ kind, severity }))).toBe(true)
    }
  })

  it('gets nothing that is of its kind and not grave enough', () => {
    const filter = { kinds: ['cap_hit'], minSeverity: 'critical' } as const
    expect(wants(filter, anAlert({ kind: 'cap_hit', severity: 'warning' }))).toBe(false)
    expect(wants(filter, anAlert({ kind: 'cap_hit', severity: 'critical' }))).toBe(true)
  })
})

describe('a test alert', () => {
  it('names its channel, and is of a kind that no channel can ask for', () => {
    const alert = testAlert({ id: 'test:req_1', teamId: 't', channelName: 'Ops' }, AT)
    expect(alert).toEqual({
      id: 'test:req_1',
      kind: 'test',
      severity: 'info',
      teamId: 't',
      at: AT,
      title: 'This is a test of the alert channel "Ops".',
      details: {},
    })
    expect(wants({ kinds: [...ALERT_KINDS], minSeverity: 'info' }, alert)).toBe(false)
  })
})
