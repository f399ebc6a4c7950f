/** opencode: https://opencode.ai/docs/providers and https://opencode.ai/docs/config */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { mergedJson, type JsonRecord } from './json-settings.ts'

function configOf({ url, key }: Connection): JsonRecord {
  return {
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
}

export const OPENCODE: ClientSetup = {
  title: 'opencode',
  where: 'in opencode.json',
  lines: (connection) => JSON.stringify(configOf(connection), null, 2),
  settings: {
    path: (home, { XDG_CONFIG_HOME }) => join(XDG_CONFIG_HOME || join(home, '.config'), 'opencode', 'opencode.json'),
    merged: (before, connection) => mergedJson(before, configOf(connection)),
  },
  also: () => null,
}
