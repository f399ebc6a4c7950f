/**
 * What the scripted provider saw and billed: the last requests with their bytes, and running sums per model. Bounded
 * in memory; the bill is never forgotten before a reset.
 */

/** Tokens by kind. `input` is what neither cache read nor write covers; `reasoning` is part of `output`. */
export interface TokensByKind {
  input: number
  cacheRead: number
  cacheWrite5m: number
  cacheWrite1h: number
  cacheWrite30m: number
  cacheWrite12h: number
  output: number
  reasoning: number
}

/** No tokens of any kind. */
export const NO_TOKENS: TokensByKind = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheWrite30m: 0,
  cacheWrite12h: 0,
  output: 0,
  reasoning: 0,
}

/** All tokens of the prompt, cached or not. */
export function promptTokens(tokens: TokensByKind): number {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h } = tokens
  return input + cacheRead + cacheWrite5m + cacheWrite1h + cacheWrite30m + cacheWrite12h
}

/** One recorded request. */
export interface RequestRecord {
  seq: number
  at: number
  method: string
  path: string
  headers: Record<string, string>
  bodyText: string
  bodySha256: string
  bodyBytes: number
  status: number | null
  requestId: string
  model: string | null
  /** Tokens billed, or null when nothing was. */
  billed: TokensByKind | null
  /** Output tokens were still being produced when the client left. */
  aborted: boolean
  /** How the answer ended. */
  ending: 'complete' | 'aborted' | 'cut' | 'error-event' | 'hung' | null
  endedAt: number | null
}

/** One line of the bill. */
export interface BillRow {
  model: string
  service: 'standard' | 'batch'
  /** The prompt was above the model's long-context threshold. */
  longPrompt: boolean
  requests: number
  aborted: number
  tokens: TokensByKind
}

/** What one call adds to the bill. */
interface Charge {
  model: string
  service: 'standard' | 'batch'
  longPrompt: boolean
  aborted: boolean
  tokens: TokensByKind
}

/** Requests and bill of one scripted provider. */
export class Recording {
  #requests: RequestRecord[] = []
  #rows = new Map<string, BillRow>()
  #seq = 0
  #bytes = 0
  readonly #maxRequests: number
  readonly #maxBytes: number

  constructor(limits: { maxRequests: number; maxBytes: number }) {
    this.#maxRequests = limits.maxRequests
    this.#maxBytes = limits.maxBytes
  }

  /** Notes a request as it arrived; the record is completed in place. */
  open(request: Omit<RequestRecord, 'seq'>): RequestRecord {
    this.#seq += 1
    const record = { ...request, seq: this.#seq }
    this.#requests.push(record)
    this.#bytes += record.bodyBytes
    while (this.#requests.length > this.#maxRequests || (this.#bytes > this.#maxBytes && this.#requests.length > 1)) {
      this.#bytes -= this.#requests.shift()?.bodyBytes ?? 0
    }
    return record
  }

  /** The kept requests after a sequence number. */
  since(seq: number): RequestRecord[] {
    return this.#requests.filter((record) => record.seq > seq)
  }

  /** Number of the last request. */
  get lastSeq(): number {
    return this.#seq
  }

  /** Adds a call to the bill. */
  charge(charge: Charge): void {
    const key = `${charge.model} ${charge.service} ${charge.longPrompt}`
    const { model, service, longPrompt } = charge
    const row = this.#rows.get(key) ?? { model, service, longPrompt, requests: 0, aborted: 0, tokens: NO_TOKENS }
    this.#rows.set(key, {
      ...row,
      requests: row.requests + 1,
      aborted: row.aborted + (charge.aborted ? 1 : 0),
      tokens: addTokens(row.tokens, charge.tokens),
    })
  }

  /** The bill, one row for each model, service and prompt class. */
  get bill(): BillRow[] {
    return [...this.#rows.values()]
  }

  /** Forgets requests and bill; sequence numbers go on. */
  clear(): void {
    this.#requests = []
    this.#bytes = 0
    this.#rows.clear()
  }
}

/** The sum of two token counts, kind by kind. */
function addTokens(left: TokensByKind, right: TokensByKind): TokensByKind {
  const sum = { ...left }
  for (const kind of Object.keys(sum) as (keyof TokensByKind)[]) sum[kind] += right[kind]
  return sum
}
