/**
 * Slows down whoever keeps sending keys or tokens that are none: past a limit an address is told to wait, of IPv6 the
 * whole /64 of one customer. Only failures are counted, so an office behind one address keeps working while one of its
 * machines guesses; and only a failure waits for the count, never a call.
 */
import type { Context } from 'hono'
import { GatewayError, type GatewayErrorCode } from '../core/gateway-error.ts'
import { addressBlock } from './address-block.ts'
import type { AppEnv } from './app-env.ts'
import { Problem } from './problem.ts'

/** The period of the rate limit in wrangler.toml. */
export const WAIT_SECONDS = 60
const WRONG_KEYS: ReadonlySet<GatewayErrorCode> = new Set(['invalid_key', 'revoked_key', 'expired_key'])

/** The error to answer with: the one given, or that there were too many like it. */
export async function afterFailedSignIn(error: Error, context: Context<AppEnv>): Promise<Error> {
  const byKey = error instanceof GatewayError && WRONG_KEYS.has(error.code)
  const byToken = error instanceof Problem && error.status === 401
  if ((!byKey && !byToken) || !(await tooMany(context))) return error
  const words = 'Too many failed sign-ins from this address. Try again in a minute, with a key that is right.'
  return byKey
    ? new GatewayError('rate_limited', words, { retryAfterSeconds: WAIT_SECONDS })
    : new Problem(429, 'Too many failed sign-ins', words)
}

/** Where the runtime tells no address, or has no such limit, nothing is counted. */
async function tooMany(context: Context<AppEnv>): Promise<boolean> {
  const address = context.req.header('cf-connecting-ip')
  const limit = context.env.FAILED_SIGN_INS as RateLimit | undefined
  if (address === undefined || limit === undefined) return false
  try {
    return !(await limit.limit({ key: addressBlock(address) })).success
  } catch {
    return false
  }
}
