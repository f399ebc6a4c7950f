/**
 * The reference of all routes, drawn from /openapi.json. It loads nothing else, and writes text as text only.
 */
const DEEPEST = 6

const element = (id) => document.getElementById(id)

/** @param {string} tag @param {string | Node | (string | Node)[]} content @param {string} [className] */
function make(tag, content = [], className = '') {
  const node = document.createElement(tag)
  if (className !== '') node.className = className
  node.append(...[content].flat())
  return node
}

/** Text in which `code` stands between backticks. */
function prose(text, tag = 'p') {
  const parts = text.split('`')
  return make(
    tag,
    parts.map((part, index) => (index % 2 === 1 ? make('code', part) : part)),
  )
}

/** A schema's kind in a few words: `string`, `integer or null`, `list of string`. */
function kindOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(', ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(kindOf))].join(' or ')
  if (schema.type === 'array') return `list of ${kindOf(schema.items ?? {})}`
  if ([schema.type].flat().includes('object') && schema.properties === undefined) return 'map'
  if (schema.format !== undefined && schema.type !== 'string') return `${schema.type}, ${schema.format}`
  return [schema.type ?? 'anything'].flat().join(' or ')
}

/** What a value must keep to, beyond its kind. */
function limitsOf(schema) {
  const told = []
  const whole = Number.MAX_SAFE_INTEGER
  if (schema.minimum !== undefined && schema.minimum > -whole) told.push(`at least ${schema.minimum}`)
  if (schema.exclusiveMinimum !== undefined) told.push(`above ${schema.exclusiveMinimum}`)
  if (schema.maximum !== undefined && schema.maximum < whole) told.push(`at most ${schema.maximum}`)
  if (schema.maxLength !== undefined) told.push(`${schema.maxLength} characters at most`)
  if (schema.maxItems !== undefined) told.push(`${schema.maxItems} at most`)
  if (schema.default !== undefined) told.push(`${JSON.stringify(schema.default)} if absent`)
  return told
}

/** The fields inside a schema: of an object, of a list's items, of the first choice that has some. */
function fieldsIn(schema) {
  if (schema.properties !== undefined) return schema
  if (schema.items !== undefined) return fieldsIn(schema.items)
  for (const choice of schema.anyOf ?? schema.oneOf ?? []) {
    const found = fieldsIn(choice)
    if (found !== null) return found
  }
  return null
}

function fieldList(schema, depth = 0) {
  const list = make('dl')
  for (const [name, field] of Object.entries(schema.properties)) {
    const needed = schema.required?.includes(name) === true
    list.append(make('dt', [make('code', name), needed ? '' : ' ', needed ? '' : make('span', 'optional', 'quiet')]))
    const detail = make('dd', make('span', [kindOf(field), ...limitsOf(field)].join('; '), 'quiet'))
    if (field.description !== undefined) detail.append(' ', prose(field.description, 'span'))
    const inner = fieldsIn(field)
    if (inner !== null && depth < DEEPEST) detail.append(fieldList(inner, depth + 1))
    list.append(detail)
  }
  return list
}

function schemaBlock(title, schema) {
  const fields = fieldsIn(schema)
  const block = make('div', make('h4', title))
  if (schema.description !== undefined) block.append(prose(schema.description))
  if (fields === null) block.append(make('p', kindOf(schema), 'quiet'))
  else block.append(fieldList(fields))
  return block
}

function parametersBlock(parameters) {
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, ...(description && { description }) }]),
  )
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name)
  return schemaBlock('Parameters', { type: 'object', properties, required })
}

const VARIABLES = { adminToken: '$HEADGATE_ADMIN_TOKEN', bootstrapToken: '$BOOTSTRAP_TOKEN', key: '$HEADGATE_KEY' }

/** `keyId` -> `$KEY_ID`: braces in an address would be patterns to curl. */
function shellVariable(name) {
  if (name === 'teamId') return '$HEADGATE_TEAM'
  return `$${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

function curl(path, method, operation) {
  const scheme = operation.security.flatMap((one) => Object.keys(one)).find((name) => name in VARIABLES)
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, example }) => `${name}=${encodeURIComponent(example)}`)
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name) => shellVariable(name))
  const search = query.length === 0 ? '' : `?${query.join('&')}`
  const verb = method === 'GET' ? '' : method === 'HEAD' ? ' --head' : ` -X ${method}`
  const lines = [`curl${verb} "$HEADGATE_URL${address}${search}"`]
  if (scheme !== undefined) lines.push(`-H "authorization: Bearer ${VARIABLES[scheme]}"`)
  const body = operation.requestBody?.content['application/json'].example
  if (body !== undefined) {
    const text = JSON.stringify(body).replaceAll("'", `'\\''`)
    lines.push(`-H 'content-type: application/json'`, `-d '${text}'`)
  }
  return make('pre', lines.join(' \\\n  '))
}

function routeSection(path, method, operation) {
  const id = `${method.toLowerCase()}-${operation.operationId}`
  const section = make('section', [], 'route')
  section.id = id
  section.append(make('h3', [make('span', method, 'method'), ' ', make('code', path)]), prose(operation.summary))
  for (const paragraph of (operation.description ?? '').split('\n\n')) {
    if (paragraph !== '') section.append(prose(paragraph))
  }
  if (operation.externalDocs !== undefined) {
    const link = make('a', "The provider's reference")
    link.href = operation.externalDocs.url
    link.rel = 'noreferrer'
    section.append(make('p', link))
  }
  if (operation.parameters.length > 0) section.append(parametersBlock(operation.parameters))
  const body = operation.requestBody?.content['application/json'].schema
  if (body !== undefined && Object.keys(body).length > 0) section.append(schemaBlock('Body', body))
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  for (const [status, { content }] of answers) {
    const schema = content?.['application/json'].schema
    // What is not spelled out here has no heading either.
    if (schema !== undefined) section.append(schemaBlock(`Answer ${status}`, schema))
  }
  section.append(make('h4', 'By hand'), curl(path, method, operation))
  return { id, section, words: `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase() }
}

/** Routes by their group, in the order the document has them. */
function groupsOf(document_) {
  const groups = new Map()
  for (const [path, methods] of Object.entries(document_.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag] = operation.tags
      groups.set(tag, [...(groups.get(tag) ?? []), { path, method: method.toUpperCase(), operation }])
    }
  }
  return groups
}

function render(document_) {
  const shown = []
  for (const [tag, routes] of groupsOf(document_)) {
    const heading = make('h2', tag)
    const list = make('ul')
    const title = make('strong', tag)
    element('routes').append(heading)
    element('contents').append(title, list)
    const own = routes.map(({ path, method, operation }) => {
      const { id, section, words } = routeSection(path, method, operation)
      const link = make('a', operation.summary.replace(/\.$/, ''))
      link.href = `#${id}`
      const item = make('li', link)
      list.append(item)
      element('routes').append(section)
      return { section, item, words }
    })
    shown.push({ headings: [heading, title], own })
  }
  element('find').addEventListener('input', ({ target }) => filter(shown, target.value))
  const count = shown.reduce((sum, { own }) => sum + own.length, 0)
  element('status').textContent = `${count} routes.`
  if (location.hash !== '') element(location.hash.slice(1))?.scrollIntoView()
}

function filter(shown, text) {
  const words = text.toLowerCase().split(/\s+/)
  for (const { headings, own } of shown) {
    let any = false
    for (const { section, item, words: about } of own) {
      const hidden = !words.every((word) => about.includes(word))
      section.hidden = hidden
      item.hidden = hidden
      any ||= !hidden
    }
    for (const heading of headings) heading.hidden = !any
  }
}

try {
  const answer = await fetch('/openapi.json')
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  render(await answer.json())
} catch (error) {
  element('status').textContent = `The description of the API could not be read: ${error.message}`
  element('status').className = 'failed'
}
