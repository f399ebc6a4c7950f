/** `POST /v1/completions`, with `suffix` for the middle: https://developers.openai.com/api/reference/completions */
import type { Context } from 'hono'
import { handleCompletion } from '../../gateway/handle-completion.ts'
import type { AppEnv } from '../app-env.ts'
import { incomingCall } from '../incoming-call.ts'

export function completions(context: Context<AppEnv>): Promise<Response> {
  return handleCompletion(incomingCall(context, 'openai-chat-completions'), context.var.composition.gateway)
}
