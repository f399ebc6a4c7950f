/**
 * Counts a prompt's tokens: by the provider of the model asked for where it offers that and can in time, else by estimate,
 * which the answer's headers tell. It costs nothing, so it meets no budget; it is not logged.
 */
import { applyEdits } from '../core/dialects/passthrough.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import type { RequestScan } from '../core/dialects/request-scan.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { asTarget, TIERS, type Target } from '../core/routing/catalog.ts'
import { coldContextTokens } from '../core/routing/context.ts'
import { resolveRequestedModel } from '../core/routing/requested-model.ts'
import { weighRequest } from '../core/tokens/request-weight.ts'
import { AttemptLine } from './attempt-line.ts'
import { verdictOnError, type ProviderAnswer } from './attempt-upstream.ts'
import { bodyText } from './body-text.ts'
import { headersForClient, headersForProvider, withHeaderChanges } from './forward-headers.ts'
import type { GatewayContext } from './gateway-context.ts'
import { identify } from './identify.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { TeamPolicy } from './team-policies.ts'

/** @throws GatewayError or InvalidRequest; a provider's own error passes unmodified */
export async function handleCountTokens(call: IncomingCall, gateway: GatewayContext): Promise<Response> {
  const { team } = await identify(call, gateway)
  const scan = dialectOf(call.dialect).scan(bodyText(await call.readBody()))
  const target = countingTarget(scan, team)
  const { configured } = gateway.ports.providers
  if (!configured.get(target.model.provider)?.includes(call.dialect)) return estimated(scan, target)
  return askProvider(call, { scan, target, team, gateway })
}

/** The model whose tokens are counted: the one asked for, or the first of the tier that routing would begin with. */
function countingTarget(scan: RequestScan, { catalog }: TeamPolicy): Target {
  const requested = resolveRequestedModel(scan.model, catalog)
  if (requested.kind === 'model') return asTarget(catalog, requested.model)
  if (requested.kind === 'unknown')
    throw new GatewayError('model_not_found', `The model "${scan.model}" is not known here.`, { field: 'model' })
  const tiers = requested.kind === 'tier' ? [requested.tier, ...TIERS] : [2 as const, ...TIERS]
  const targets = tiers.flatMap((tier) => catalog.tiers[tier])
  const target = targets.find(({ model }) => model.capabilities.dialects.includes(scan.dialect)) ?? targets[0]
  if (target === undefined) throw new GatewayError('no_eligible_target', 'The catalogue holds no model to count for.')
  return target
}

function estimated(scan: RequestScan, target: Target): Response {
  return Response.json({ input_tokens: estimate(scan, target) }, { headers: { 'x-headgate-count': 'estimated' } })
}

function estimate(scan: RequestScan, { model }: Target): number {
  return Math.ceil(coldContextTokens(weighRequest(scan)) * model.tokenizerRatio)
}

interface Asked {
  readonly scan: RequestScan
  readonly target: Target
  readonly team: TeamPolicy
  readonly gateway: GatewayContext
}

async function askProvider(call: IncomingCall, asked: Asked): Promise<Response> {
  const { scan, target, gateway } = asked
  const answer = await providersAnswer(call, asked)
  if (answer === null) return estimated(scan, target)
  const { status, headers, body } = answer
  if (status >= 400) {
    const verdict = verdictOnError(call.dialect, answer, gateway.ports.now())
    // A provider that counts for nobody here, or for nobody now: only its words on the request itself are the client's.
    if ('fault' in verdict) return estimated(scan, target)
  }
  return new Response(body, { status, headers: headersForClient(headers) })
}

/** The whole answer; null: the provider could not be reached, or did not say all of it in time. */
async function providersAnswer(
  call: IncomingCall,
  { scan, target, team, gateway }: Asked,
): Promise<ProviderAnswer | null> {
  const { model } = target
  const adaptation = dialectOf(call.dialect).adapt({
    scan,
    modelId: model.id,
    capabilities: model.capabilities,
    headers: call.headers,
  })
  const line = new AttemptLine(call.clientGone, longestWaitMs(team))
  try {
    const asking = gateway.ports.providers.send({
      provider: model.provider,
      dialect: call.dialect,
      operation: 'count-tokens',
      query: call.query,
      headers: withHeaderChanges(headersForProvider(call.headers), adaptation.headers),
      body: applyEdits(scan.body.bytes, adaptation.edits),
      signal: line.signal,
    })
    const response = await line.until(asking)
    const body = new Uint8Array(await line.until(response.arrayBuffer()))
    return { status: response.status, headers: response.headers, body }
  } catch {
    return null
  } finally {
    line.abort()
  }
}

/** Nothing is produced for it, so it is not waited for longer than for any other answer, whole or streamed, to begin. */
function longestWaitMs({ policy: { failures } }: TeamPolicy): number {
  return Math.min(failures.streamTimeoutMs, failures.answerTimeoutMs)
}
