/** The control interface over HTTP: `/__script`, `/__requests`, `/__bill`. */
import type { ServerResponse } from 'node:http'
import { readControl } from './control.ts'
import { promptTokens, type BillRow } from './recording.ts'
import { resetState, type UpstreamState } from './state.ts'

/** A request to the control interface. */
interface ControlCall {
  method: string
  url: URL
  body: string
}

/**
 * Answers a control request:
 * - `POST /__script` adds scripts and changes settings (see `readControl`), 400 with a reason when it is not valid
 * - `GET /__script` shows waiting scripts and settings
 * - `DELETE /__script` forgets the scripts; with `?all=1` also requests, bill, caches and stored objects
 * - `GET /__requests?since=N` lists recorded requests after sequence number N
 * - `GET /__bill` sums the tokens billed, by model
 */
export function answerControl(state: UpstreamState, call: ControlCall, response: ServerResponse): void {
  const { status, body } = controlAnswer(state, call)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function controlAnswer(state: UpstreamState, call: ControlCall): { status: number; body: unknown } {
  const { method, url } = call
  switch (`${method} ${url.pathname}`) {
    case 'POST /__script':
      return script(state, call.body)
    case 'GET /__script':
      return { status: 200, body: { rules: state.scripts.rules, settings: state.settings } }
    case 'DELETE /__script':
      resetState(state, url.searchParams.get('all') === '1')
      return { status: 200, body: { rules: state.scripts.rules, settings: state.settings } }
    case 'GET /__requests': {
      const since = Number(url.searchParams.get('since') ?? 0)
      if (!Number.isSafeInteger(since)) return { status: 400, body: { error: 'since is a sequence number' } }
      return { status: 200, body: { last: state.recording.lastSeq, requests: state.recording.since(since) } }
    }
    case 'GET /__bill':
      return { status: 200, body: bill(state.recording.bill) }
    default:
      return { status: 404, body: { error: `no control at ${method} ${url.pathname}` } }
  }
}

function script(state: UpstreamState, text: string): { status: number; body: unknown } {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { status: 400, body: { error: 'the body is no JSON' } }
  }
  const read = readControl(body)
  if ('problem' in read) return { status: 400, body: { error: read.problem } }
  Object.assign(state.settings, read.settings)
  const added = read.rules.map((rule) => state.scripts.add(rule))
  return { status: 200, body: { added: added.map((rule) => rule.id), settings: state.settings } }
}

/** The bill by model, with the rows it is made of. */
function bill(rows: BillRow[]): unknown {
  const models: Record<string, { requests: number; aborted: number; promptTokens: number; outputTokens: number }> = {}
  for (const row of rows) {
    const sum = models[row.model] ?? { requests: 0, aborted: 0, promptTokens: 0, outputTokens: 0 }
    models[row.model] = {
      requests: sum.requests + row.requests,
      aborted: sum.aborted + row.aborted,
      promptTokens: sum.promptTokens + promptTokens(row.tokens),
      outputTokens: sum.outputTokens + row.tokens.output,
    }
  }
  return { models, rows }
}
