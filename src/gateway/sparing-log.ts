/**
 * The log, in which no client writes at will: what a call can cause over and over is written once a minute for each text,
 * and so many texts a minute. Whoever looks for a mistake that is made again and again finds it all the same.
 */
import { CAUSED_BY_CALLS } from '../core/log-events.ts'
import type { Log } from './ports.ts'

const MINUTE_MS = 60_000
const MOST_A_MINUTE = 20

export function sparingLog(log: Log, now: () => number): Log {
  const written = new Set<string>()
  let minuteEndsAt = 0
  const isNews = (text: string): boolean => {
    if (now() >= minuteEndsAt) {
      written.clear()
      minuteEndsAt = now() + MINUTE_MS
    }
    if (written.has(text) || written.size >= MOST_A_MINUTE) return false
    written.add(text)
    return true
  }
  return {
    write(event, details) {
      const { requestId: _differs, ...said } = details
      if (!CAUSED_BY_CALLS.has(event) || isNews(JSON.stringify([event, said]))) log.write(event, details)
    },
  }
}
