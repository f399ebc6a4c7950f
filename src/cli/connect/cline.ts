/**
 * Cline: https://docs.cline.bot/provider-config/openai-compatible. Its command line keeps its provider in a file; its
 * editor extension keeps it where no file reaches, and takes the same three values in its settings.
 */
import { join } from 'node:path'
import type { ClientSetup, Connection } from './client-setup.ts'
import { mergedJson } from './json-settings.ts'

const PROVIDER = 'openai-compatible'

function settingsOf({ url, key }: Connection) {
  return {
    version: 1,
    lastUsedProvider: PROVIDER,
    providers: {
      [PROVIDER]: {
        settings: { provider: PROVIDER, apiKey: key, model: 'auto', baseUrl: `${url}/v1` },
        // The client refuses an entry without a time; which one makes no difference to it.
        updatedAt: '2026-01-01T00:00:00.000Z',
        tokenSource: 'manual',
      },
    },
  }
}

export const CLINE: ClientSetup = {
  title: 'Cline',
  where: 'in a shell',
  lines: ({ url, key }) =>
    `cline auth --provider ${PROVIDER} --apikey ${key} --modelid auto --baseurl ${url}/v1\ncline "your task"`,
  settings: {
    path: (home) => join(home, '.cline', 'data', 'settings', 'providers.json'),
    merged: (before, connection) => mergedJson(before, settingsOf(connection)),
  },
  also: ({ url, key }) =>
    `In the editor: Cline's settings, API Provider "OpenAI Compatible", Base URL ${url}/v1, API Key ${key}, Model ID auto.`,
}
