/** `POST /v1/messages/count_tokens`: https://docs.anthropic.com/en/api/messages-count-tokens */
import type { Context } from 'hono'
import { handleCountTokens } from '../../gateway/handle-count-tokens.ts'
import type { AppEnv } from '../app-env.ts'
import { handleCall } from '../incoming-call.ts'

export function countTokens(context: Context<AppEnv>): Promise<Response> {
  const { gateway } = context.var.composition
  return handleCall(context, 'anthropic-messages', (call) => handleCountTokens(call, gateway))
}
