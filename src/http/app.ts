/** All routes of the Worker, in one list. */
import { Hono } from 'hono'
import { createTeam } from './admin/teams.ts'
import { createKey, revokeKey, showKeys } from './admin/keys.ts'
import { putBudget } from './admin/budgets.ts'
import { putPolicy } from './admin/policy.ts'
import { showDecisions } from './admin/decisions.ts'
import type { AppEnv } from './app-env.ts'
import { answerError } from './answer-error.ts'
import { chat } from './ingress/chat.ts'
import { completions } from './ingress/completions.ts'
import { countTokens } from './ingress/count-tokens.ts'
import { health, hello } from './ingress/health.ts'
import { oneModel, models } from './ingress/models.ts'
import { route } from './ingress/route.ts'
import { adminAuth } from './middleware/admin-auth.ts'
import { requestContext } from './middleware/request-context.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { Problem } from './problem.ts'

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/healthz', health)
  app.on(['HEAD', 'GET'], '/api/hello', hello)

  app.use('*', requestContext)
  app.post('/v1/messages', chat('anthropic-messages'))
  app.post('/v1/messages/count_tokens', countTokens)
  app.post('/v1/chat/completions', chat('openai-chat-completions'))
  app.post('/v1/responses', chat('openai-responses'))
  app.post('/v1/completions', completions)
  app.post('/v1/route', route)
  app.get('/v1/models', models)
  app.get('/v1/models/:id{.+}', oneModel)

  app.use('/admin/*', adminAuth)
  app.post('/admin/v1/teams', createTeam)
  app.post('/admin/v1/teams/:teamId/keys', createKey)
  app.get('/admin/v1/teams/:teamId/keys', showKeys)
  app.delete('/admin/v1/teams/:teamId/keys/:keyId', revokeKey)
  app.put('/admin/v1/teams/:teamId/budgets', putBudget)
  app.put('/admin/v1/teams/:teamId/policy', putPolicy)
  app.get('/admin/v1/decisions', showDecisions)
  app.all('/admin/*', () => {
    throw new Problem(404, 'Not found', 'There is no such route.')
  })

  app.all('*', (context) => {
    const { path, method } = context.req
    throw POST_ONLY.has(path)
      ? new GatewayError('method_not_allowed', `${path} takes POST, not ${method}.`)
      : new GatewayError('not_found', `There is nothing at ${method} ${path}.`)
  })
  app.onError(answerError)
  return app
}

const POST_ONLY = new Set([
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/completions',
  '/v1/route',
])
