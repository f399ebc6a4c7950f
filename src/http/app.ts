/** All routes of the Worker, in one list. */
import { Hono } from 'hono'
import type { AppEnv } from './app-env.ts'
import { answerError } from './answer-error.ts'
import { chat } from './ingress/chat.ts'
import { completions } from './ingress/completions.ts'
import { countTokens } from './ingress/count-tokens.ts'
import { health, hello } from './ingress/health.ts'
import { oneModel, models } from './ingress/models.ts'
import { budget, usage } from './ingress/own-usage.ts'
import { route } from './ingress/route.ts'
import { admin, openApi } from './lazy-admin.ts'
import { requestContext } from './middleware/request-context.ts'
import { GatewayError } from '../core/gateway-error.ts'

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/healthz', health)
  app.on(['HEAD', 'GET'], '/api/hello', hello)

  app.get('/openapi.json', openApi)
  app.all('/admin/*', admin)

  app.use('*', requestContext)
  app.post('/v1/messages', chat('anthropic-messages'))
  app.post('/v1/messages/count_tokens', countTokens)
  app.post('/v1/chat/completions', chat('openai-chat-completions'))
  app.post('/v1/responses', chat('openai-responses'))
  app.post('/v1/completions', completions)
  app.post('/v1/route', route)
  app.get('/v1/usage', usage)
  app.get('/v1/budget', budget)
  app.get('/v1/models', models)
  app.get('/v1/models/:id{.+}', oneModel)

  app.all('*', (context) => {
    const { path, method } = context.req
    throw POST_ONLY.has(path)
      ? new GatewayError('method_not_allowed', `${path} takes POST, not ${method}.`)
      : new GatewayError('not_found', `There is nothing at ${method} ${path}.${baseUrlHint(path)}`)
  })
  app.onError(answerError)
  return app
}

/** Clients put their own path behind the base URL, and whether `/v1` belongs to it is easily mistaken. */
function baseUrlHint(path: string): string {
  return /(^|\/)(messages|chat\/completions|responses|completions|models)(\/|$)/.test(path)
    ? ' Perhaps the base URL is amiss: for Anthropic clients it ends without /v1, for OpenAI clients with it.'
    : ''
}

const POST_ONLY = new Set([
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/completions',
  '/v1/route',
])
