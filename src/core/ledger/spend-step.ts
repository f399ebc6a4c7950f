/**
 * What to do about a reservation while its call runs: nothing, ask for more, tell that the call still runs, or end it.
 * It estimates no spend and asks nobody.
 */

/**
 * More is asked this long before the hold is used up: three quarters of a second at 170 tokens a second, many answers of
 * a ledger. Longer would take room from other calls that most of those who ask never use.
 */
const LEAD_TOKENS = 128
/** The least step; longer answers take steps of half of what they have said, up to the longest. */
const STEP_TOKENS = 256
const LONGEST_STEP_TOKENS = 2_048
/** A rest under the cap that is not worth a step. */
const LEAST_STEP_TOKENS = 32
/** After a refusal the next try waits: other calls in flight may have ended. */
const RETRY_MS = 250

export interface RunningHold {
  /** A hard cap bounds the call: without one it is never extended, only kept alive. */
  readonly hardCap: boolean
  readonly heldNano: number
  /** Spent until now, as far as it can be told. */
  readonly spentNano: number
  /** Output tokens until now, of those. */
  readonly outputTokens: number
  /** Nano-dollars of one more output token. */
  readonly outputRate: number
  /** Output tokens that its limit still allows: nothing is held beyond them. */
  readonly tokensLeft: number
  /** The last answer was a refusal: when, and how much the cap had left then. */
  readonly refused: { readonly at: number; readonly roomNano: number } | null
  /** When the ledger takes the call for dead, and how long a silence it allows. */
  readonly deadlineAt: number
  readonly silenceMs: number
}

export type SpendStep =
  | { readonly step: 'none' }
  /** `moreNano` 0: only a sign of life. */
  | { readonly step: 'extend'; readonly moreNano: number }
  | { readonly step: 'stop' }

const NONE: SpendStep = { step: 'none' }

/** Decides the next step. Nano-dollars, milliseconds since epoch. */
export function nextSpendStep(hold: RunningHold, now: number): SpendStep {
  const { hardCap, heldNano, spentNano, refused } = hold
  const leadNano = Math.min(LEAD_TOKENS, hold.tokensLeft) * hold.outputRate
  if (hardCap && spentNano + leadNano > heldNano) {
    const moreNano = stepNano(hold, now)
    // At its output limit the provider ends by itself.
    const goesOn = spentNano > heldNano && hold.tokensLeft > 0
    if (refused !== null && goesOn && !hasRoom(hold)) return { step: 'stop' }
    if (moreNano > 0) return { step: 'extend', moreNano }
  }
  const quiet = hold.deadlineAt - now < hold.silenceMs / 2
  // Should nothing be heard any more, what is held is what will be charged.
  return quiet ? { step: 'extend', moreNano: Math.max(0, Math.ceil(hardCap ? 0 : spentNano - heldNano)) } : NONE
}

/** 0: not now. */
function stepNano(hold: RunningHold, now: number): number {
  const { refused, outputRate } = hold
  const tokens = Math.min(hold.tokensLeft, clamped(Math.ceil(hold.outputTokens / 2)))
  const wholeStep = Math.max(0, Math.ceil(hold.spentNano + tokens * outputRate - hold.heldNano))
  if (refused === null) return wholeStep
  if (hasRoom(hold)) return Math.min(wholeStep, Math.floor(refused.roomNano))
  return now - refused.at >= RETRY_MS ? wholeStep : 0
}

function clamped(tokens: number): number {
  return Math.min(LONGEST_STEP_TOKENS, Math.max(STEP_TOKENS, tokens))
}

/** The cap had a rest that is worth asking for. */
function hasRoom({ refused, outputRate }: RunningHold): boolean {
  return refused !== null && refused.roomNano >= Math.max(1, LEAST_STEP_TOKENS * outputRate)
}
