/** What to paste so that a coding agent talks to the gateway: each client's own configuration, ready to run. */

export interface Connection {
  readonly url: string
  readonly key: string
}

export interface ClientLines {
  readonly client: string
  /** Where the lines go. */
  readonly where: string
  readonly lines: string
}

/** https://code.claude.com/docs/en/llm-gateway */
function claudeCode({ url, key }: Connection): ClientLines {
  return {
    client: 'Claude Code',
    where: 'in a shell',
    lines: `export ANTHROPIC_BASE_URL=${url}
export ANTHROPIC_AUTH_TOKEN=${key}
claude`,
  }
}

/** https://github.com/openai/codex/blob/main/docs/config.md */
function codex({ url, key }: Connection): ClientLines {
  return {
    client: 'Codex',
    where: 'in ~/.codex/config.toml, and the key in the shell: export HEADGATE_KEY=' + key,
    lines: `model = "auto"
model_provider = "headgate"

[model_providers.headgate]
name = "Headgate"
base_url = "${url}/v1"
env_key = "HEADGATE_KEY"
wire_api = "responses"`,
  }
}

/** https://opencode.ai/docs/providers */
function opencode({ url, key }: Connection): ClientLines {
  const config = {
    $schema: 'https://opencode.ai/config.json',
    model: 'headgate/auto',
    small_model: 'headgate/auto',
    provider: {
      headgate: {
        npm: '@ai-sdk/anthropic',
        name: 'Headgate',
        options: { baseURL: `${url}/v1`, apiKey: key },
        models: { auto: { name: 'auto', limit: { context: 1_000_000, output: 64_000 } } },
      },
    },
  }
  return { client: 'opencode', where: 'in opencode.json', lines: JSON.stringify(config, null, 2) }
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

/** The lines for every client, in the order they are shown. */
export function connectLines(connection: Connection): readonly ClientLines[] {
  return [claudeCode(connection), codex(connection), opencode(connection), curl(connection)]
}
