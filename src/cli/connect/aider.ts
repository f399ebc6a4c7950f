/** aider: https://aider.chat/docs/llms/openai-compat.html and https://aider.chat/docs/config/aider_conf.html */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { withYamlKeys } from './yaml-lines.ts'

/** The prefix makes aider speak to an OpenAI-compatible endpoint; what follows is the name it asks for. */
function keysOf({ url, key }: Connection): Readonly<Record<string, string>> {
  return {
    'openai-api-base': `${url}/v1`,
    'openai-api-key': key,
    model: 'openai/auto',
    'weak-model': 'openai/tier-1',
    'show-model-warnings': 'false',
  }
}

export const AIDER: ClientSetup = {
  title: 'aider',
  where: 'in ~/.aider.conf.yml',
  lines: (connection) => withYamlKeys('', keysOf(connection)).trimEnd(),
  settings: {
    path: (home) => join(home, '.aider.conf.yml'),
    merged: (before, connection) => withYamlKeys(before ?? '', keysOf(connection)),
  },
  also: () => null,
}
