/** The header in which a refusal tells its arithmetic. */

/** Nano-dollars; `calls` is how many are in flight. */
export interface RefusedStanding {
  readonly id: string
  readonly spent: number
  readonly held: number
  readonly needed: number
  readonly limit: number
  readonly calls: number
}

/** null: the answer is no refusal of a budget. */
export function refusedStanding(headers: Headers): RefusedStanding | null {
  const header = headers.get('x-headgate-budget')
  if (header === null) return null
  const members = header.split(', ').map((member) => {
    const [name = '', value = ''] = member.split('=')
    return [name, value.startsWith('"') ? decodeURIComponent(value.slice(1, -1)) : Number(value)] as const
  })
  return Object.fromEntries(members) as unknown as RefusedStanding
}
