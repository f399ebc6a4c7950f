/** Who is calling, asked of the team's ledger, for what costs no money: a revoked key gets no answer here either. */
import type { Caller } from './authenticate.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayContext } from './gateway-context.ts'
import { refusalError } from './refuse.ts'
import type { TeamPolicy } from './team-policies.ts'

export interface IdentifiedCaller extends Caller {
  readonly team: TeamPolicy
}

/** @throws GatewayError for a key that is not, or not any more, valid */
export async function identify(
  call: { readonly apiKey: string },
  { ports, policies }: GatewayContext,
): Promise<IdentifiedCaller> {
  const caller = await authenticate(call, ports.keys)
  const answer = await ports.ledgers.identify(caller.teamId, caller.keyHash, policies.versions(caller.teamId).policy)
  if (!answer.known) throw refusalError(answer.refusal)
  return { ...caller, team: policies.learn(caller.teamId, answer) }
}
