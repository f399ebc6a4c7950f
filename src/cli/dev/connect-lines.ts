/** What the welcome shows: how the clients most people begin with are pointed at the gateway, and one call by hand. */
import { CLAUDE_CODE } from '../connect/claude-code.ts'
import type { ClientSetup, Connection } from '../connect/client-setup.ts'
import { CODEX } from '../connect/codex.ts'
import { OPENCODE } from '../connect/opencode.ts'

export interface ClientLines {
  readonly client: string
  /** Where the lines go. */
  readonly where: string
  readonly lines: string
}

function linesOf(setup: ClientSetup, connection: Connection): ClientLines {
  const also = setup.also(connection)
  const where = also === null ? setup.where : `${setup.where}, ${also}`
  return { client: setup.title, where, lines: setup.lines(connection) }
}

function curl({ url, key }: Connection): ClientLines {
  return {
    client: 'curl',
    where: 'in a shell',
    lines: `curl -i ${url}/v1/messages \\
  -H 'authorization: Bearer ${key}' -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
  -d '{"model":"auto","max_tokens":300,"messages":[{"role":"user","content":"Write a docstring for: def add(a, b)"}]}'`,
  }
}

/** For whatever is not named. */
function anythingElse({ url, key }: Connection): ClientLines {
  return {
    client: 'anything else',
    where: 'the official SDKs among them; models are auto, tier-1 to tier-3, or names',
    lines: `Anthropic base URL   ${url}\nOpenAI base URL      ${url}/v1\nAPI key              ${key}`,
  }
}

/** The lines for every client, in the order they are shown. */
export function connectLines(connection: Connection): readonly ClientLines[] {
  const named = [CLAUDE_CODE, CODEX, OPENCODE].map((setup) => linesOf(setup, connection))
  return [...named, curl(connection), anythingElse(connection)]
}
