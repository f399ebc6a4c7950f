import { describe, expect, it } from 'vitest'
import { afterAttempt, deadChannelAlert } from '../../../src/core/alerts/delivery.ts'
import { AT } from './an-alert.ts'

describe('after an attempt', () => {
  const taken = { delivered: true, status: 200, error: null }
  const refused = { delivered: false, status: 500, error: 'http_500' }
  const pauses = [10, 30]

  it('that was taken, a delivery is done, however many there were before', () => {
    for (const attempts of [1, 3, 9]) {
      expect(afterAttempt(taken, { attempts, pauses }, AT)).toEqual({ state: 'delivered', nextAt: null })
    }
  })

  it('that was not, it is tried again after its pause, then left to the sweep', () => {
    const next = (attempts: number) => afterAttempt(refused, { attempts, pauses }, AT)
    expect(next(1)).toEqual({ state: 'pending', nextAt: AT + 10_000 })
    expect(next(2)).toEqual({ state: 'pending', nextAt: AT + 30_000 })
    expect(next(3)).toEqual({ state: 'waiting', nextAt: null })
    expect(next(9)).toEqual({ state: 'waiting', nextAt: null })
  })

  it('without pauses the first failure leaves it to the sweep', () => {
    expect(afterAttempt(refused, { attempts: 1, pauses: [] }, AT)).toEqual({ state: 'waiting', nextAt: null })
  })
})

describe('a channel that died', () => {
  const channel = { id: 'c', teamId: 't', name: 'Ops', deadSince: AT }

  it('is told of in a sentence, with what it last answered', () => {
    expect(deadChannelAlert(channel, 'http_500')).toEqual({
      id: `dead_channel:c:${AT}`,
      kind: 'dead_channel',
      severity: 'critical',
      teamId: 't',
      at: AT,
      title: 'The alert channel "Ops" takes no alerts (http_500). It is tried again every hour.',
      details: { channelId: 'c', channelName: 'Ops', lastError: 'http_500' },
    })
    expect(deadChannelAlert(channel, null).title).toContain('(unknown)')
  })

  it('has a name of its own for each time, and the same one however often it is told', () => {
    const { id } = deadChannelAlert(channel, null)
    expect(deadChannelAlert({ ...channel, deadSince: AT + 1 }, null).id).not.toBe(id)
    expect(deadChannelAlert(channel, 'timeout').id).toBe(id)
  })
})
