/**
 * Continue, in an editor and as `cn`: https://docs.continue.dev/reference. Its agent speaks Messages, whose cache marks
 * travel; its autocomplete asks the legacy completions endpoint.
 */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { withYamlBlocks } from './yaml-lines.ts'

const HEAD = 'name: Headgate\nversion: 1.0.0\nschema: v1\n'

function modelsOf({ url, key }: Connection): readonly string[] {
  return [
    '- name: Headgate',
    '  provider: anthropic',
    '  model: claude-headgate-auto',
    `  apiBase: ${url}/v1/`,
    `  apiKey: ${key}`,
    '  roles: [chat, edit, apply, summarize]',
    '  capabilities: [tool_use, image_input]',
    '- name: Headgate autocomplete',
    '  provider: openai',
    '  model: auto',
    `  apiBase: ${url}/v1/`,
    `  apiKey: ${key}`,
    '  useLegacyCompletionsEndpoint: true',
    '  roles: [autocomplete]',
  ]
}

function merged(before: string | null, connection: Connection): string {
  return withYamlBlocks(before === null || before.trim() === '' ? HEAD : before, 'models', modelsOf(connection))
}

export const CONTINUE: ClientSetup = {
  title: 'Continue',
  where: 'in ~/.continue/config.yaml',
  lines: (connection) => merged(null, connection).trimEnd(),
  settings: {
    path: (home, { CONTINUE_GLOBAL_DIR }) => join(CONTINUE_GLOBAL_DIR || join(home, '.continue'), 'config.yaml'),
    merged,
  },
  also: () => null,
}
