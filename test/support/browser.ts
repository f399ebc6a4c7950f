/**
 * A real browser for the pages: the Chromium of the machine, headless. Where there is none, page tests are skipped;
 * in CI that is a failure, since CI installs it.
 */
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where the browser is; undefined: this machine has none, and page tests are to be skipped. */
export const BROWSER_PATH: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path))

/**
 * Starts it; it calls nobody by itself.
 *
 * @throws Error when there is no browser
 */
export async function startBrowser(): Promise<Browser> {
  if (BROWSER_PATH === undefined) throw new Error('There is no Chromium here: apt-get install chromium.')
  return chromium.launch({
    executablePath: BROWSER_PATH,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  })
}
