/** The pages, in a real browser: what a person sees of the log, and what they are asked for. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROWSER_PATH, startBrowser } from '../support/browser.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let browser: Browser

beforeAll(async () => {
  if (BROWSER_PATH === undefined && process.env['CI'] === undefined) return
  browser = await startBrowser()
  gateway = await startGateway()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
})

/** A page of its own session, with everything it complained of. */
async function opened(url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(url)
  return { page, complaints }
}

async function ask(text: string): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', max_tokens: 50, messages: [{ role: 'user', content: text }] }),
  })
}

describe.skipIf(BROWSER_PATH === undefined && process.env['CI'] === undefined)('the log page', () => {
  it('asks for the token, says when it is wrong, and shows the log with the right one', async () => {
    const { page } = await opened(gateway.url)
    await page.getByText('The log needs the admin token').waitFor()
    await page.locator('#token').fill('hga_wrong')
    await page.locator('#sign-in button').click()
    await page.getByText('does not accept this admin token').waitFor()
    await page.locator('#token').fill(gateway.adminToken)
    await page.locator('#sign-in button').click()
    await page.locator('#sign-in').waitFor({ state: 'hidden' })
    await page.close()
  })

  it('shows a call that was just made: its task, its model, its cost beside that at the top', async () => {
    const { page, complaints } = await opened(`${gateway.url}/#token=${gateway.adminToken}`)
    const answer = await ask('Write a docstring for: def add(a, b)')
    expect(answer.status).toBe(200)
    await answer.text()
    const row = page.locator('#rows tr').first()
    await row.waitFor({ timeout: 15_000 })
    const cells = await row.locator('td').allInnerTexts()
    expect(cells[2]).toBe('docstring')
    expect(cells[3]).toBe('1')
    expect(cells[4]).toBe(answer.headers.get('x-headgate-model'))
    expect(cells[8]).toMatch(/^\$0\.0/)
    expect(cells.at(-1)).toBe('200 complete')
    expect(await page.locator('#summary').innerText()).toContain('less than all on top')
    expect(page.url()).not.toContain(gateway.adminToken)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each([1280, 1024, 390])('shows all of a call within %d px', async (width) => {
    const { page } = await opened('about:blank')
    await page.setViewportSize({ width, height: 800 })
    // As wide as its values come.
    await page.route('**/admin/v1/decisions*', async (route) => {
      const log = (await (await route.fetch()).json()) as { decisions: Record<string, unknown>[] }
      const wide = {
        agent: 'claude-code',
        subagent: true,
        task_type: 'cross_repo_refactor',
        model: 'claude-sonnet-4-5-20250929',
        input_tokens: 1_234_567,
        cache_read_tokens: 1_234_567,
        output_tokens: 128_000,
        cost_nano: 1_234_567_890,
        baseline_nano: 12_345_678_900,
        reasons: ['task', 'stack_trace_files', 'evidence_failing_tests', 'turn_kept', 'fallback_overloaded'],
        ending: 'upstream_error',
      }
      await route.fulfill({ json: { ...log, decisions: log.decisions.map((row) => ({ ...row, ...wide })) } })
    })
    await page.goto(`${gateway.url}/#token=${gateway.adminToken}`)
    const row = page.locator('#rows tr').first()
    await row.waitFor({ timeout: 15_000 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const log = page.locator('#log')
    const [seen, whole] = await log.evaluate((table) => [table.clientWidth, table.scrollWidth])
    expect(whole).toBe(seen)
    const ends = await row.locator('td').evaluateAll((cells) => cells.map((one) => one.getBoundingClientRect().right))
    expect(Math.max(...ends)).toBeLessThanOrEqual(width)
    await page.close()
  })

  it('shows what a log holds as text, never as a part of the page', async () => {
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    const { page, complaints } = await opened('about:blank')
    await page.route('**/admin/v1/decisions*', async (route) => {
      const log = (await (await route.fetch()).json()) as { decisions: Record<string, unknown>[] }
      const decisions = log.decisions.map((row) => ({ ...row, agent: markup, model: markup, reasons: [markup] }))
      await route.fulfill({ json: { ...log, decisions } })
    })
    await page.goto(`${gateway.url}/#token=${gateway.adminToken}`)
    const row = page.locator('#rows tr').first()
    await row.waitFor({ timeout: 15_000 })
    expect(await row.locator('td').nth(4).innerText()).toBe(markup)
    expect(await row.locator('img, script').count()).toBe(0)
    expect(await page.title()).toBe('Headgate: decisions')
    expect(complaints).toEqual([])
    await page.close()
  })
})

describe.skipIf(BROWSER_PATH === undefined && process.env['CI'] === undefined)('the page of the API', () => {
  it('shows every route, and finds one by its words', async () => {
    const { page, complaints } = await opened(`${gateway.url}/docs`)
    const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { paths: Record<string, object> }
    const operations = Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0)
    await page.getByText(`${operations} routes.`).waitFor()
    expect(await page.locator('section.route').count()).toBe(operations)
    await page.locator('#find').fill('keys rotate')
    await page.locator('section.route:visible').first().waitFor()
    expect(await page.locator('section.route:visible h3').allInnerTexts()).toEqual([
      'POST /admin/v1/teams/{teamId}/keys/{keyId}/rotate',
    ])
    expect(await page.locator('section.route:visible').innerText()).toContain('overlapHours')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('shows for each route how it is asked by hand, and no heading without words', async () => {
    const { page } = await opened(`${gateway.url}/docs`)
    await page.getByText(/^\d+ routes\.$/).waitFor()
    const byHand = async (id: string): Promise<string> => page.locator(`#${id} pre`).innerText()
    expect(await byHand('post-keysRotate')).toBe(
      'curl -X POST "$HEADGATE_URL/admin/v1/teams/$HEADGATE_TEAM/keys/$KEY_ID/rotate" \\\n' +
        '  -H "authorization: Bearer $HEADGATE_ADMIN_TOKEN" \\\n' +
        "  -H 'content-type: application/json' \\\n" +
        '  -d \'{"overlapHours":24}\'',
    )
    expect(await byHand('get-policyDiff')).toContain('/policy/diff?from=1&to=1"')
    const empty = await page.locator('h4').evaluateAll((all) => all.filter((one) => one.nextSibling === null).length)
    expect(empty).toBe(0)
    await page.close()
  })

  it('shows bodies of calls that are answered', async () => {
    const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as {
      paths: Record<string, { post?: { requestBody?: { content: Record<string, { example?: object }> } } }>
    }
    const clients = Object.entries(paths).filter(([path, { post }]) => path.startsWith('/v1/') && post !== undefined)
    expect(clients).toHaveLength(6)
    for (const [path, { post }] of clients) {
      const answer = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(post?.requestBody?.content['application/json']?.example),
      })
      expect(`${path} ${answer.status} ${answer.ok ? '' : await answer.text()}`).toBe(`${path} 200 `)
    }
  })

  it.each([1280, 390])('keeps to a page of %d px', async (width) => {
    const { page } = await opened(`${gateway.url}/docs`)
    await page.setViewportSize({ width, height: 800 })
    await page.getByText(/^\d+ routes\.$/).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await page.close()
  })
})
