/** What every handler of the gateway works with: the ports, and what this isolate remembers of teams' policies. */
import type { Ports } from './ports.ts'
import type { TeamPolicies } from './team-policies.ts'

export interface GatewayContext {
  readonly ports: Ports
  readonly policies: TeamPolicies
}
