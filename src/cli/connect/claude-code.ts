/** Claude Code: https://code.claude.com/docs/en/llm-gateway and https://code.claude.com/docs/en/settings */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { mergedJson } from './json-settings.ts'

function environmentOf({ url, key }: Connection): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    // Tells what kind of call each is: main loop, sub-agent, compaction, a small call of its own.
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    // Lists the gateway's models in /model.
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
    // Some versions change this line of the system prompt with every call, which empties the prompt cache.
    CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
  }
}

export const CLAUDE_CODE: ClientSetup = {
  title: 'Claude Code',
  where: 'in a shell',
  lines(connection) {
    const exports = Object.entries(environmentOf(connection)).map(([name, value]) => `export ${name}=${value}`)
    return [...exports, 'claude'].join('\n')
  },
  settings: {
    path: (home, { CLAUDE_CONFIG_DIR }) => join(CLAUDE_CONFIG_DIR || join(home, '.claude'), 'settings.json'),
    merged: (before, connection) => mergedJson(before, { env: environmentOf(connection) }),
  },
  also: () => null,
}
