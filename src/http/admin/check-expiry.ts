/** What is made to stop working at a time must work until then: a time that is over is a slip, such as seconds for ms. */
import { Problem } from '../problem.ts'

/**
 * @param expiresAt as it was given; null or undefined: none was
 * @param now ms since epoch
 * @throws Problem 400
 */
export function checkExpiry(expiresAt: number | null | undefined, now: number): void {
  if (expiresAt === null || expiresAt === undefined || expiresAt > now) return
  const told = new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')
  throw new Problem(400, 'Invalid input', 'Some fields are not as they should be.', [
    { path: 'expiresAt', message: `is over (${told} UTC); what is to stop working now is revoked` },
  ])
}
