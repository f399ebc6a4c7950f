/**
 * The decision log as a table, read from the admin API every few seconds. What the log holds came from clients and
 * providers, so it is only ever written as text.
 */
const LIMIT = 100
const REFRESH_MS = 3000
const TOKEN = 'headgate-admin-token'

const element = (id) => document.getElementById(id)

/** The token comes in the fragment, which no server sees, and leaves the address bar at once. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null && given !== '') {
    sessionStorage.setItem(TOKEN, given)
    history.replaceState(null, '', location.pathname + location.search)
  }
  return sessionStorage.getItem(TOKEN)
}

function show(id, visible) {
  element(id).hidden = !visible
}

function say(id, text) {
  // Written only when it changed: a live region repeats every write aloud.
  if (element(id).textContent !== text) element(id).textContent = text
}

const count = new Intl.NumberFormat(undefined)

/** Nano-dollars as dollars; an unknown price is said, never shown as nothing. */
function dollars(nano) {
  if (nano === null) return 'unpriced'
  const value = nano / 1e9
  return `$${value.toFixed(value !== 0 && Math.abs(value) < 0.01 ? 6 : 4)}`
}

function cell(text, ...classes) {
  const td = document.createElement('td')
  td.textContent = text
  td.className = classes.join(' ')
  return td
}

function timeCell(at) {
  const td = document.createElement('td')
  const time = document.createElement('time')
  time.dateTime = new Date(at).toISOString()
  time.textContent = new Date(at).toLocaleTimeString()
  time.title = new Date(at).toLocaleString()
  td.append(time)
  return td
}

const promptTokens = (d) =>
  d.input_tokens + d.cache_read_tokens + d.cache_write_short_tokens + d.cache_write_long_tokens

const HEADINGS = element('log').querySelectorAll('thead th')

function row(decision) {
  const tr = document.createElement('tr')
  const cheaper =
    decision.cost_nano !== null && decision.baseline_nano !== null && decision.cost_nano < decision.baseline_nano
  const fine = decision.status < 400 && decision.ending === 'complete'
  tr.append(
    timeCell(decision.at),
    cell(decision.subagent ? `${decision.agent}, sub-agent` : decision.agent, 'agent'),
    cell(decision.task_type),
    cell(String(decision.tier), 'number'),
    cell(decision.model, 'model'),
    cell(count.format(promptTokens(decision)), 'number'),
    cell(count.format(decision.cache_read_tokens), 'number'),
    cell(count.format(decision.output_tokens), 'number'),
    cell(`${decision.estimated ? '~' : ''}${dollars(decision.cost_nano)}`, 'number', cheaper ? 'good' : ''),
    cell(dollars(decision.baseline_nano), 'number'),
    cell(decision.reasons.join(', '), 'reasons'),
    cell(`${decision.status} ${decision.ending}`, 'ending', fine ? '' : 'bad'),
  )
  // Where there is no room for a heading above each column, its words stand with each value.
  for (const [index, td] of [...tr.children].entries()) td.dataset.name = HEADINGS[index].textContent
  return tr
}

function summary(decisions) {
  const priced = decisions.filter((d) => d.cost_nano !== null && d.baseline_nano !== null)
  const cost = priced.reduce((sum, d) => sum + d.cost_nano, 0)
  const baseline = priced.reduce((sum, d) => sum + d.baseline_nano, 0)
  const share = baseline > 0 ? `, ${Math.round((1 - cost / baseline) * 100)}% less than all on top` : ''
  return `${decisions.length} latest calls: ${dollars(cost)}${share}`
}

function fail(text) {
  say('error', text)
  show('error', true)
  say('summary', '')
}

function askForToken(text) {
  sessionStorage.removeItem(TOKEN)
  shown = ''
  fail(text)
  show('sign-in', true)
  show('log', false)
  show('empty', false)
}

/** What the table shows, so that an unchanged log leaves the page, and a reader's selection, alone. */
let shown = ''

function render(decisions) {
  show('error', false)
  show('sign-in', false)
  show('empty', decisions.length === 0)
  show('log', decisions.length > 0)
  say('summary', decisions.length === 0 ? '' : summary(decisions))
  const now = JSON.stringify(decisions)
  if (now === shown) return
  shown = now
  element('rows').replaceChildren(...decisions.map(row))
}

async function refresh() {
  const token = takeToken()
  if (token === null) {
    askForToken('The log needs the admin token, which the gateway printed when it started.')
    return
  }
  let answer
  try {
    answer = await fetch(`/admin/v1/decisions?limit=${LIMIT}`, { headers: { authorization: `Bearer ${token}` } })
  } catch {
    fail('The gateway does not answer. Trying again.')
    return
  }
  if (answer.status === 401 || answer.status === 403) {
    askForToken('The gateway does not accept this admin token.')
    return
  }
  if (!answer.ok) {
    fail(`The log could not be read (status ${answer.status}). Trying again.`)
    return
  }
  render((await answer.json()).decisions)
}

async function keepRefreshing() {
  if (!document.hidden && element('sign-in').hidden)
    await refresh().catch((error) => fail(`The log could not be shown: ${error.message}`))
  setTimeout(keepRefreshing, REFRESH_MS)
}

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem(TOKEN, element('token').value.trim())
  element('token').value = ''
  show('sign-in', false)
  void refresh()
})
addEventListener('hashchange', () => void refresh())
void keepRefreshing()
