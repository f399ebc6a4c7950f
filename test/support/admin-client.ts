/** The admin API as tests use it. */
import { setTimeout as sleep } from 'node:timers/promises'

/** A row of the decision log, by the names of its columns; only those that tests look at. */
export interface LoggedDecision {
  readonly id: string
  readonly at: number
  readonly team_id: string
  readonly key_id: string
  readonly dialect: string
  readonly agent: string
  readonly session_id: string
  readonly thread_id: string
  readonly subagent: boolean
  readonly turn: number
  readonly iteration: number
  readonly task_type: string
  readonly tier: 1 | 2 | 3
  readonly target: string
  readonly model: string
  readonly requested_model: string
  readonly reasons: readonly string[]
  readonly considered: readonly { readonly target: string; readonly verdict: string }[]
  readonly attempts: readonly {
    readonly target: string
    readonly outcome: string
    readonly status: number | null
    readonly ms: number
  }[]
  readonly context_tokens: number
  readonly input_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_short_tokens: number
  readonly cache_write_long_tokens: number
  readonly output_tokens: number
  readonly cost_nano: number | null
  readonly baseline_nano: number | null
  readonly estimated: boolean
  readonly status: number
  readonly ending: string
  readonly adaptations: readonly string[]
  readonly warnings: readonly string[]
  readonly total_ms: number
}

export interface IssuedKey {
  readonly id: string
  readonly key: string
}

export class AdminClient {
  readonly #url: string
  readonly #token: string

  constructor(gateway: { readonly url: string; readonly adminToken: string }) {
    this.#url = gateway.url
    this.#token = gateway.adminToken
  }

  /** Any call of the admin API, its answer as it came. */
  send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  async createTeam(name: string): Promise<string> {
    return (await this.#ask<{ id: string }>('POST', '/teams', { name })).id
  }

  createKey(teamId: string, name = 'a key'): Promise<IssuedKey> {
    return this.#ask<IssuedKey>('POST', `/teams/${teamId}/keys`, { name })
  }

  /** A team of its own with one key: what a test spends and logs is then its alone. */
  async newTeam(name: string): Promise<{ readonly teamId: string; readonly keyId: string; readonly key: string }> {
    const teamId = await this.createTeam(name)
    const { id, key } = await this.createKey(teamId)
    return { teamId, keyId: id, key }
  }

  async revokeKey(teamId: string, keyId: string): Promise<void> {
    await this.#ask('DELETE', `/teams/${teamId}/keys/${keyId}`)
  }

  async putBudget(teamId: string, budget: object): Promise<void> {
    await this.#ask('PUT', `/teams/${teamId}/budgets`, budget)
  }

  async putPolicy(teamId: string, policy: object): Promise<void> {
    await this.#ask('PUT', `/teams/${teamId}/policy`, policy)
  }

  /** Newest first, all pages. */
  async decisions(teamId: string): Promise<readonly LoggedDecision[]> {
    const all: LoggedDecision[] = []
    for (let cursor = ''; ;) {
      const page = await this.#ask<{ decisions: LoggedDecision[]; nextCursor: string | null }>(
        'GET',
        `/decisions?limit=200&teamId=${teamId}${cursor}`,
      )
      all.push(...page.decisions)
      if (page.nextCursor === null) return all
      cursor = `&cursor=${page.nextCursor}`
    }
  }

  /**
   * Waits until the log holds at least so many decisions of a team.
   *
   * @throws Error with what is there when they do not come within 15 seconds
   */
  async waitForDecisions(teamId: string, atLeast: number): Promise<readonly LoggedDecision[]> {
    const until = Date.now() + 15_000
    for (;;) {
      const found = await this.decisions(teamId)
      if (found.length >= atLeast) return found
      if (Date.now() > until) {
        throw new Error(`The log holds ${found.length} decisions, not ${atLeast}: ${JSON.stringify(found)}`)
      }
      await sleep(100)
    }
  }
}
