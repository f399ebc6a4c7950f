/** `POST /v1/completions`, with `suffix` for the middle: https://developers.openai.com/api/reference/completions */
import type { Context } from 'hono'
import { handleCompletion } from '../../gateway/handle-completion.ts'
import type { AppEnv } from '../app-env.ts'
import { handleCall } from '../incoming-call.ts'

export function completions(context: Context<AppEnv>): Promise<Response> {
  const { gateway } = context.var.composition
  return handleCall(context, 'openai-chat-completions', (call) => handleCompletion(call, gateway))
}
