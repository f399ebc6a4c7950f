/** An alert for tests. */
import type { Alert } from '../../../src/core/alerts/alert.ts'

export const AT = Date.UTC(2026, 10, 23, 12)

export function anAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: 'threshold:x',
    kind: 'budget_threshold',
    severity: 'warning',
    teamId: 't',
    at: AT,
    title: '80% is spent.',
    details: { spentNano: 80e9, scopeName: null },
    ...change,
  }
}
