/** Codex: https://github.com/openai/codex/blob/main/docs/config.md */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { withTomlSettings } from './toml-settings.ts'

const TABLE = 'model_providers.headgate'

function topLevel(): Readonly<Record<string, string>> {
  return { model: '"auto"', model_provider: '"headgate"' }
}

function providerOf({ url }: Connection): Readonly<Record<string, string>> {
  return {
    name: '"Headgate"',
    base_url: JSON.stringify(`${url}/v1`),
    env_key: '"HEADGATE_KEY"',
    wire_api: '"responses"',
  }
}

export const CODEX: ClientSetup = {
  title: 'Codex',
  where: 'in ~/.codex/config.toml',
  lines: (connection) =>
    withTomlSettings('', { topLevel: topLevel(), table: TABLE, members: providerOf(connection) }).trimEnd(),
  settings: {
    path: (home, { CODEX_HOME }) => join(CODEX_HOME || join(home, '.codex'), 'config.toml'),
    merged: (before, connection) =>
      withTomlSettings(before ?? '', { topLevel: topLevel(), table: TABLE, members: providerOf(connection) }),
  },
  also: ({ key }) => `and the key in the shell: export HEADGATE_KEY=${key}`,
}
