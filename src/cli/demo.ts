/** `npm run demo`: a working day of 200 calls through a gateway, and its bill. */
import { parseArgs } from 'node:util'
import { billOf } from './demo/day-bill.ts'
import { dayReport } from './demo/day-report.ts'
import { CALLS, planDay } from './demo/day-plan.ts'
import { findOrStartGateway, type DemoGateway } from './demo/demo-gateway.ts'
import { measurePinnedDay } from './demo/pinned-days.ts'
import { readDecisions } from './demo/read-log.ts'
import { sendDay } from './demo/send-day.ts'
import { StartError } from './dev/start-error.ts'

const HELP = `Sends a scripted working day of 200 calls (60% easy, 25% medium, 15% hard) through a gateway and prints its bill.

  npm run demo -- [--seed N] [--model NAME] [--persist DIR] [--url URL --key KEY --admin-token TOKEN]

Without --url it takes the gateway that runs with the state folder, else starts one of its own with the scripted
provider. Every call asks for --model (auto), as a client would. A gateway named by --url may have real providers behind
it: then the day costs real money.
`

/** Tokens the scripted provider answers with, as a coding agent's calls do on average. */
const ANSWER_TOKENS = 300

function flags() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        model: { type: 'string', default: 'auto' },
        persist: { type: 'string', default: '.headgate/state' },
        url: { type: 'string' },
        key: { type: 'string' },
        'admin-token': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}`)
  }
}

async function chosenGateway(values: ReturnType<typeof flags>): Promise<DemoGateway> {
  const { url, key, 'admin-token': adminToken } = values
  if (url === undefined && key === undefined && adminToken === undefined) return findOrStartGateway(values.persist)
  if (url === undefined || key === undefined || adminToken === undefined) {
    throw new StartError('--url, --key and --admin-token belong together: the log is read with the admin token.')
  }
  return {
    url: url.replace(/\/$/, ''),
    key,
    adminToken,
    upstreamUrl: null,
    what: url,
    own: false,
    close: async () => {},
  }
}

/** Lets the scripted provider answer at the length of real ones, for as many calls as are coming. */
async function setAnswerLength({ upstreamUrl, own }: DemoGateway): Promise<void> {
  if (upstreamUrl === null) return
  // The day itself, and in a gateway of its own the two it is held against.
  const times = CALLS * (own ? 3 : 1)
  const rule = { times, match: { path: '/v1/messages' }, reply: { outputTokens: ANSWER_TOKENS } }
  const answer = await fetch(`${upstreamUrl}/__script`, { method: 'POST', body: JSON.stringify(rule) })
  if (!answer.ok) throw new Error(`The scripted provider refused: ${await answer.text()}`)
}

/** Sends the day and says what it cost. */
async function runDay(
  gateway: DemoGateway,
  { seed, model }: { readonly seed: number; readonly model: string },
): Promise<string> {
  const sessions = planDay(seed)
  const began = Date.now()
  const sent = await sendDay({ ...gateway, model, run: `routed ${began}` }, sessions, (done) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done} calls`)
  })
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  const rows = await readDecisions(gateway, new Set(sent.map((call) => call.decisionId)), began - 60_000)
  const calls = sent.map(({ decisionId, difficulty }) => ({ difficulty, row: rows.get(decisionId)! }))
  const bill = billOf(calls.map(({ row }) => row))
  const measured = gateway.own
    ? {
        allTopNano: await measurePinnedDay(gateway, bill.top.id, seed),
        allMiddleNano: await measurePinnedDay(gateway, bill.middle.id, seed),
      }
    : null
  const turns = sessions.reduce((sum, session) => sum + session.turns.length, 0)
  return (
    `\r${sent.length} calls, ${turns} turns, ${sessions.length} sessions in ${seconds} s (seed ${seed})\n\n` +
    `${dayReport(calls, bill, measured)}\n\n` +
    'The day is sent without pauses, so no cache expires in it, for either side of the comparison.\n'
  )
}

async function main(): Promise<void> {
  const values = flags()
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  if (!/^\d{1,9}$/.test(values.seed)) throw new StartError(`--seed takes a whole number, not "${values.seed}".`)
  const gateway = await chosenGateway(values)
  try {
    process.stdout.write(`Sending the day through ${gateway.what} ...\n`)
    await setAnswerLength(gateway)
    process.stdout.write(await runDay(gateway, { seed: Number(values.seed), model: values.model }))
  } finally {
    await gateway.close()
  }
}

try {
  await main()
  process.exit(0)
} catch (error) {
  process.stderr.write(
    `${error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exit(1)
}
