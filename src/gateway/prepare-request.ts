/**
 * The request as its target gets it: the client's own bytes with the few edits that the target needs, and its headers
 * without what concerns only this hop.
 */
import type { Adaptation, AdaptInput } from '../core/dialects/adaptation.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import { smallValue } from '../core/dialects/json-members.ts'
import { adaptCompletion } from '../core/dialects/openai-completions/adapt.ts'
import type { CompletionRequest } from '../core/dialects/openai-completions/completion-request.ts'
import { applyEdits, editedPieces, type Edit } from '../core/dialects/passthrough.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import type { RequestScan } from '../core/dialects/request-scan.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { ownCoverage, type CachePlan } from '../core/prompt-cache/plan.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { AdmittedCall } from './admit-call.ts'
import { affordableOutput, type OutputClamp } from './clamp-output.ts'
import { headersForProvider, withHeaderChanges } from './forward-headers.ts'
import { foreignReasoning } from './foreign-reasoning.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import { planCache } from './plan-cache.ts'
import type { UpstreamBody, UpstreamOperation } from './ports.ts'
import type { ReadCall } from './read-call.ts'
import { spokenDialect } from './spoken-dialect.ts'
import { TooLittleLeft } from './too-little-left.ts'
import { translateRequest, type TranslatedRequest } from './translate-request.ts'

export interface PreparedRequest {
  /** The dialect the provider is spoken to in. */
  readonly dialect: DialectName
  /** What the provider is asked for in it. */
  readonly operation: Extract<UpstreamOperation, 'chat' | 'completions'>
  /** Null: it is the client's own. */
  readonly translated: TranslatedRequest | null
  readonly body: UpstreamBody
  readonly headers: Readonly<Record<string, string>>
  /** What was changed, and what the client asked for and will not get: for the decision record. */
  readonly adaptations: readonly string[]
  readonly lost: readonly string[]
  /** It is answered by a stream. */
  readonly streams: boolean
  /** The client asked for no stream: it gets the one answer that the stream comes to. */
  readonly collected: boolean
  /** The stream will tell its usage in an event the client did not ask for. */
  readonly usageChunkAdded: boolean
  /** Output tokens it may be answered with, in all answers it asks for; null: as many as the model can. */
  readonly outputLimit: number | null
  /** How the target's prompt cache is used, the client's own marks and the planned ones together. */
  readonly cache: Pick<CachePlan, 'coverage' | 'unwritten'>
}

export interface PrepareContext {
  readonly read: ReadCall
  readonly admitted: AdmittedCall
  readonly gateway: GatewayContext
}

/**
 * @throws GatewayError no_eligible_target when no edit makes the request fit its target, or its API cannot carry it
 * @throws TooLittleLeft when what is left of a hard cap pays for no answer of it
 */
export function prepareRequest(call: IncomingCall, context: PrepareContext, target: Target): PreparedRequest {
  const { model } = target
  const dialect = spokenDialect(call.dialect, target, context.gateway.ports.providers)
  const affordable = affordableOutput(call, context, target)
  if (affordable.tokens === 0) throw new TooLittleLeft(call, context, target)
  const { completion } = call
  if (completion !== undefined) {
    if (dialect === call.dialect && model.capabilities.completions === true) {
      return passCompletion({ ...call, completion }, { ...context, target, affordable: affordable.most })
    }
    refuseOnlyLegacy(completion.request, target)
  }
  const translated = dialect === call.dialect ? null : translateRequest(call, context.read, { dialect, model })
  const scan = translated?.scan ?? context.read.scan
  // Another API's headers say nothing to the provider, and some would be refused.
  const clientHeaders = translated === null ? call.headers : { 'content-type': 'application/json' }
  const collected = isCollected(scan, context.admitted)
  const foreign = translated === null ? foreignOf(context, model.provider) : {}
  const { maxOutputTokens, adaptation: adapted } = adaptWithin(affordable, (most) =>
    dialectOf(dialect).adapt({
      scan,
      // The client's own name for the model is as good as ours: a dated one stays dated.
      modelId: model.aliases.includes(scan.model) ? scan.model : model.id,
      capabilities: model.capabilities,
      headers: clientHeaders,
      // A completion's chat request is of our writing, so it fits no model yet.
      translated: translated !== null || completion !== undefined,
      maxOutputTokens: most,
      collected,
      ...foreign,
    }),
  )
  const { edits, headers, ...adaptation } = adapted
  if (adaptation.notServable === 'budget_below_thinking') throw new TooLittleLeft(call, context, target)
  if (adaptation.notServable !== null) {
    throw new GatewayError(
      'no_eligible_target',
      `${model.displayName} cannot serve this request: ${adaptation.notServable.replaceAll('_', ' ')}.`,
    )
  }
  const cache = planCache(call, { ...context, read: { ...context.read, scan }, target }, edits)
  const spoken = translated === null ? [] : [`dialect:${call.dialect}->${dialect}`]
  if (completion !== undefined) spoken.unshift('completion:as_chat')
  return {
    dialect,
    operation: 'chat',
    translated,
    body: editedBody(scan.body.bytes, [...cache.edits, ...edits]),
    headers: withHeaderChanges(headersForProvider(clientHeaders), headers),
    ...adaptation,
    streams: scan.stream || collected,
    collected,
    adaptations: [...spoken, ...adaptation.adaptations, ...cache.adaptations],
    outputLimit: inAll(
      lower(scan.outputLimit?.tokens ?? null, maxOutputTokens),
      translated === null ? smallValue(scan.body.bytes, scan.fields.get('n')) : 1,
      target,
    ),
    lost: [...(translated?.warnings ?? []), ...adaptation.lost],
    cache,
  }
}

/**
 * Under a hard cap every answer is to be seen while it is produced, so that it can be paid for step by step and stopped.
 * Where no cap bounds the call, the provider's own bytes are worth more.
 */
function isCollected(scan: RequestScan, { admission }: AdmittedCall): boolean {
  return admission.headroomNano !== null && !scan.stream && !hasOtherFormStreamed(scan)
}

/** Spoken answers have another format in a stream, and one made in the background would be waited for. */
function hasOtherFormStreamed({ fields, body }: RequestScan): boolean {
  return ['audio', 'background'].some((name) => {
    const value = smallValue(body.bytes, fields.get(name))
    return value !== undefined && value !== null && value !== false
  })
}

function foreignOf({ read, admitted }: PrepareContext, provider: string): Pick<AdaptInput, 'foreign'> {
  const foreign = foreignReasoning(read.scan, admitted.session, provider)
  return foreign === undefined ? {} : { foreign }
}

/** Where what is held ends within the thinking that was asked for, more is asked for, as far as the cap goes. */
function adaptWithin(
  { tokens, most }: OutputClamp,
  adapt: (maxOutputTokens: number | null) => Adaptation,
): { readonly maxOutputTokens: number | null; readonly adaptation: Adaptation } {
  let limit = tokens
  for (;;) {
    const adaptation = adapt(limit)
    if (adaptation.notServable !== 'budget_below_thinking' || limit === null || limit === most) {
      return { maxOutputTokens: limit, adaptation }
    }
    limit = most === null ? 2 * limit : Math.min(2 * limit, most)
  }
}

/** From this size on a copy of a body costs more memory than sending it in pieces costs time. */
const LARGE_BYTES = 2 * 1024 * 1024

function editedBody(bytes: Uint8Array, edits: readonly Edit[]): UpstreamBody {
  return bytes.length < LARGE_BYTES ? applyEdits(bytes, edits) : editedPieces(bytes, edits)
}

const MOST_ANSWERS = 128

/** Each of several answers to one prompt has the whole limit. */
function inAll(limit: number | null, asked: unknown, { model }: Target): number | null {
  if (typeof asked !== 'number' || !(asked > 1)) return limit
  return Math.min(MOST_ANSWERS, Math.ceil(asked)) * (limit ?? model.capabilities.maxOutputTokens)
}

function lower(asked: number | null, affordable: number | null): number | null {
  return asked === null || affordable === null ? (asked ?? affordable) : Math.min(asked, affordable)
}

/** The client's own bytes, for a target that offers completions. */
function passCompletion(
  { dialect, headers, completion }: IncomingCall & Required<Pick<IncomingCall, 'completion'>>,
  { read, target, affordable }: PrepareContext & { readonly target: Target; readonly affordable: number | null },
): PreparedRequest {
  const { model } = target
  const modelId = model.aliases.includes(read.scan.model) ? read.scan.model : model.id
  const outputLimit = lower(completion.request.maxTokens, affordable)
  const { body, usageChunkAdded } = adaptCompletion(completion, { modelId, maxTokens: outputLimit })
  return {
    dialect,
    operation: 'completions',
    translated: null,
    body,
    headers: headersForProvider(headers),
    adaptations: usageChunkAdded ? ['usage_chunk:added'] : [],
    lost: [],
    streams: completion.request.body['stream'] === true,
    collected: false,
    usageChunkAdded,
    outputLimit: inAll(outputLimit, completion.request.body['n'], target),
    cache: { coverage: ownCoverage(read.scan), unwritten: true },
  }
}

/** @throws GatewayError invalid_request, naming the first field that a chat answer cannot satisfy */
function refuseOnlyLegacy({ onlyLegacy }: CompletionRequest, { model }: Target): void {
  const [field] = onlyLegacy
  if (field === undefined) return
  throw new GatewayError(
    'invalid_request',
    `"${field}" needs a model that offers legacy completions, and ${model.displayName} does not.`,
    { field },
  )
}
