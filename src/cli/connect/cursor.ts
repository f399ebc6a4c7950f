/**
 * Cursor keeps its keys in its own store, so its settings are typed in: https://docs.cursor.com/settings/api-keys.
 * Its servers make the calls, so an address of this machine alone is out of their reach.
 */
import type { ClientSetup } from './client-setup.ts'

export const CURSOR: ClientSetup = {
  title: 'Cursor',
  where: 'in Cursor Settings, Models, API Keys',
  lines: ({ url, key }) => `OpenAI API Key            ${key}
Override OpenAI Base URL  ${url}/v1
Add model                 auto`,
  settings: null,
  also: ({ url }) =>
    onThisMachine(url)
      ? `Cursor's servers make the calls and cannot reach ${url}: deploy the gateway, or put a public https address before it. Tab completion stays with Cursor's own models.`
      : `Cursor's servers make the calls; Tab completion stays with Cursor's own models.`,
}

function onThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0'].includes(new URL(url).hostname)
}
