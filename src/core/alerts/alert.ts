/** An alert: one crossing, told once. Its id names the crossing, so the same one from anywhere is the same alert. */

export const ALERT_KINDS = [
  'budget_threshold',
  'cap_hit',
  'spend_pace',
  'unpriced_model',
  'iteration_cap',
  'target_cooling',
  'target_back',
  'unaccounted_money',
  'dead_channel',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** In rising order. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Alert {
  readonly id: string
  /** `test`: asked for by a person, to see a channel work. */
  readonly kind: AlertKind | 'test'
  readonly severity: Severity
  readonly teamId: string
  /** When it happened, ms since epoch. */
  readonly at: number
  /** One sentence for a person. */
  readonly title: string
  /** What the sentence rests on. Money in nano-dollars, times in ms since epoch. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

/** What a channel wants to hear of. */
export interface AlertFilter {
  /** null: every kind. */
  readonly kinds: readonly AlertKind[] | null
  readonly minSeverity: Severity
}

/** What a person sends to see a channel work. */
export function testAlert(
  of: { readonly id: string; readonly teamId: string; readonly channelName: string },
  now: number,
): Alert {
  const { id, teamId, channelName } = of
  const title = `This is a test of the alert channel "${channelName}".`
  return { id, kind: 'test', severity: 'info', teamId, at: now, title, details: {} }
}

export function wants({ kinds, minSeverity }: AlertFilter, { kind, severity }: Alert): boolean {
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(minSeverity)) return false
  return kinds === null || kinds.some((wanted) => wanted === kind)
}
