/** `POST /v1/messages`, `/v1/chat/completions` and `/v1/responses`: one handler, told which dialect it hears. */
import type { Context } from 'hono'
import type { DialectName } from '../../core/dialects/dialect.ts'
import { handleChat } from '../../gateway/handle-chat.ts'
import type { AppEnv } from '../app-env.ts'
import { handleCall } from '../incoming-call.ts'

export function chat(dialect: DialectName) {
  return (context: Context<AppEnv>): Promise<Response> =>
    handleCall(context, dialect, (call) => handleChat(call, context.var.composition.gateway))
}
