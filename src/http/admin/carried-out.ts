/** What a ledger said of a command: a refusal is a fault of ours, since the input was checked before. */
import type { CommandAnswer } from '../../core/ledger/ledger-commands.ts'

/** @throws Error with the ledger's reason */
export function carriedOut(answer: CommandAnswer): void {
  if (!answer.done) throw new Error(`the ledger refused a command: ${answer.problem}`)
}
