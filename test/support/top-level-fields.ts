/** The top-level fields of a JSON object as raw text, split without parsing: an independent eye on what was edited. */
export function topLevelFields(json: string): Map<string, string> {
  const fields = new Map<string, string>()
  let depth = 0
  let start = 0
  let name: string | null = null
  const close = (end: number): void => {
    if (name !== null) fields.set(name, json.slice(start, end).trim())
    name = null
  }
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '"') {
      const end = stringEnd(json, at)
      const following = json.slice(end + 1).trimStart()
      if (depth === 1 && name === null && following.startsWith(':')) {
        name = JSON.parse(json.slice(at, end + 1)) as string
        at = json.indexOf(':', end)
        start = at + 1
      } else at = end
    } else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      if (depth === 0) close(at)
    } else if (character === ',' && depth === 1) close(at)
  }
  return fields
}

function stringEnd(json: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (json[at] === '\\') at += 1
    else if (json[at] === '"') return at
  }
}
