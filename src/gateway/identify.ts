/** Who is calling, asked of the team's ledger, for what costs no money: a revoked key gets no answer here either. */
import type { Caller } from './authenticate.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayContext } from './gateway-context.ts'
import { refusalError } from './refuse.ts'
import type { TeamPolicy } from './team-policies.ts'

export interface IdentifiedCaller extends Caller {
  readonly team: TeamPolicy
  /** Models or targets the key may use; null: all. */
  readonly allowedModels: readonly string[] | null
}

/** @throws GatewayError for a key that is not, or not any more, valid */
export async function identify(
  call: { readonly apiKey: string },
  { ports, policies }: GatewayContext,
): Promise<IdentifiedCaller> {
  const caller = await authenticate(call, ports.keys)
  const { policy, override } = policies.versions(caller)
  const asked = { keyHash: caller.keyHash, policyVersion: policy, overrideVersion: override }
  const answer = await ports.ledgers.identify(caller.teamId, asked)
  if (!answer.known) throw refusalError(answer.refusal)
  return { ...caller, team: policies.learn(caller, answer), allowedModels: answer.key.allowedModels }
}
