/**
 * The money of one call while it runs: the hold is fitted to the decision, raised before it is used up, kept alive until
 * the call is settled, and, where a hard cap allows no more, the stream is told to end. Nothing here is on the way of a
 * byte: the ledger is asked beside the stream, and its answer is acted on when it comes. That a call with a silent
 * provider is not kept alive for ever is the care of those that wait for the provider: `AttemptLine`, then `StreamWatch`.
 */
import type { ExtendAnswer, Reservation } from '../core/ledger/admission.ts'
import { GUARD_TOKENS, promptNano } from '../core/ledger/affordable-output.ts'
import { nextSpendStep } from '../core/ledger/spend-step.ts'
import { ratesAt } from '../core/pricing/cost.ts'
import { mayProduceUnseen } from '../core/routing/unseen-output.ts'
import type { Tier } from '../core/tasks/task-types.ts'
import type { AdmittedCall } from './admit-call.ts'
import type { Caller } from './authenticate.ts'
import { pricedPrompt } from './clamp-output.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import { refusalError } from './refuse.ts'
import type { SentCall } from './settle-call.ts'

/** Between two looks at a silent stream under a hard cap. */
const LOOK_MS = 1_000
/** Without one all there is to do is to tell that the call still runs: so often in the silence that its ledger allows. */
const LOOKS_A_SILENCE = 10
/** Clocks that differ must not end an answer at once. */
const LEAST_SILENCE_MS = 1_000
/** An answer must be covered this far before the call is sent; from there on extensions keep pace. */
const FIRST_TOKENS = 128
/** With less than so many calls' worth under the cap, money is waited for before it is spent, and seen as it goes. */
const NEAR_THE_CAP = 50
/** A surplus under this share of the hold is not worth a message. */
const SURPLUS_SHARE = 0.1

/** What a call has cost until now, as far as it can be told. */
export interface SpendSoFar {
  readonly spentNano: number
  readonly outputTokens: number
  readonly outputRate: number
  readonly tokensLeft: number
}

const NOTHING_SPENT: SpendSoFar = { spentNano: 0, outputTokens: 0, outputRate: 0, tokensLeft: 0 }

interface Watched {
  readonly caller: Caller
  readonly admitted: AdmittedCall
  readonly gateway: GatewayContext
}

export class SpendWatch {
  readonly #call: IncomingCall
  readonly #watched: Watched
  readonly #stop = new AbortController()
  readonly #silenceMs: number
  #reservation: Reservation
  /** What was left under the tightest hard cap when the ledger was heard of last; null: there is none. */
  #headroomNano: number | null
  #asking = false
  #refused: { readonly at: number; readonly roomNano: number } | null = null
  #spend: (() => SpendSoFar) | null = null
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(call: IncomingCall, watched: Watched) {
    const { reservation, headroomNano } = watched.admitted.admission
    this.#call = call
    this.#watched = watched
    this.#reservation = reservation
    this.#headroomNano = headroomNano
    this.#silenceMs = Math.max(0, reservation.deadlineAt - call.arrivedAt)
  }

  /** The newest token of the call's hold. */
  get reservation(): Reservation {
    return this.#reservation
  }

  /** A hard cap bounds the call. */
  get hardCap(): boolean {
    return this.#headroomNano !== null
  }

  /** The rest of a few answers like this one could use up its cap: every token is to be seen as it comes. */
  get nearCap(): boolean {
    if (this.#headroomNano === null) return false
    const { tokensLeft, outputRate } = this.#spend?.() ?? NOTHING_SPENT
    return this.#headroomNano < NEAR_THE_CAP * tokensLeft * outputRate
  }

  /** How long the ledger waits without hearing of the call; an answer that has begun may be silent for as long. */
  get silenceMs(): number {
    return Math.max(LEAST_SILENCE_MS, this.#silenceMs)
  }

  /** Aborted when no more may be spent: the stream is to end now. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /**
   * Fits the hold to the decision, before anything is sent: a surplus is given back without waiting; what is missing for
   * the prompt and the first words is asked for, and waited for where the cap is near. What nobody sees while it is
   * produced (thinking, an answer that comes whole) is held to its limit. Called again for another target, it only adds.
   *
   * @throws GatewayError budget_reserved, budget_exceeded
   */
  async fitToDecision(sent: SentCall): Promise<void> {
    const again = this.#timer !== null
    if (!again) this.#lookAgainAndAgain()
    const { headroomNano } = this.#watched.admitted.admission
    const needNano = headroomNano === null ? null : neededNano(this.#call, sent)
    if (headroomNano === null || needNano === null) return
    const moreNano = needNano - this.#reservation.amountNano
    if (moreNano <= 0) return again ? undefined : this.#trim(sent, needNano)
    const asked = this.#extend(moreNano)
    if (sent.prepared.streams && headroomNano > NEAR_THE_CAP * needNano) return
    const answer = await asked
    if (answer === null || answer.extended) return
    const { refusal } = answer
    if (refusal.code === 'budget_exceeded' || refusal.code === 'budget_reserved') throw refusalError(refusal)
  }

  /** Output tokens until now, an estimate that leans high; 0 before the answer has begun. */
  get outputTokens(): number {
    return this.#spend?.().outputTokens ?? 0
  }

  /**
   * Output tokens that may have been produced after the last one seen, of a stream that was stopped: the guard, as far as
   * the hold still pays for it. What was seen is charged whatever was held; what nobody saw passes no cap.
   */
  get guardTokens(): number {
    const { spentNano, outputRate } = this.#spend?.() ?? NOTHING_SPENT
    const { amountNano, guardNano } = this.#reservation
    if (outputRate <= 0) return GUARD_TOKENS
    return Math.max(0, Math.min(GUARD_TOKENS, Math.floor((amountNano + guardNano - spentNano) / outputRate)))
  }

  /** The answer has begun: from now on its spend is known. */
  follow(spend: () => SpendSoFar): void {
    this.#spend = spend
    this.look()
  }

  /** Looks at the spend, and asks or stops where it is time. Cheap; never waits. */
  look(): void {
    if (this.#asking || this.#stop.signal.aborted) return
    const spend = this.#spend?.() ?? NOTHING_SPENT
    const now = this.#watched.gateway.ports.now()
    const next = nextSpendStep(
      {
        ...spend,
        hardCap: this.hardCap,
        heldNano: this.#reservation.amountNano,
        refused: this.#refused,
        deadlineAt: this.#reservation.deadlineAt,
        silenceMs: this.#silenceMs,
      },
      now,
    )
    if (next.step === 'stop') this.#stop.abort()
    else if (next.step === 'extend') this.#call.keepAlive(this.#extend(next.moreNano))
  }

  /** Nothing of the call runs any more. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#asking = true
  }

  #lookAgainAndAgain(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    const everyMs = this.hardCap ? LOOK_MS : Math.max(LOOK_MS, this.#silenceMs / LOOKS_A_SILENCE)
    this.#timer = setInterval(() => this.look(), everyMs)
  }

  #trim(sent: SentCall, needNano: number): void {
    const { caller, admitted, gateway } = this.#watched
    const { amountNano } = this.#reservation
    const usualNano = Math.min(amountNano, admitted.admission.usualNano)
    const toNano = comesUnseen(sent) ? needNano : Math.max(needNano, Math.ceil(usualNano * shareOf(sent, admitted)))
    if (amountNano - toNano < amountNano * SURPLUS_SHARE) return
    const trimmed = gateway.ports.ledgers.trim(caller.teamId, this.#reservation, toNano)
    this.#reservation = { ...this.#reservation, amountNano: toNano }
    this.#call.keepAlive(trimmed.catch((error: unknown) => this.#failed('trim', error)))
  }

  /** Null: the ledger could not be asked. */
  async #extend(moreNano: number): Promise<ExtendAnswer | null> {
    const { caller, gateway } = this.#watched
    this.#asking = true
    try {
      const answer = await gateway.ports.ledgers.extend(caller.teamId, this.#reservation, moreNano)
      this.#take(answer, moreNano)
      return answer
    } catch (error) {
      this.#failed('extend', error)
      this.#refused = { at: gateway.ports.now(), roomNano: 0 }
      return null
    } finally {
      this.#asking = this.#timer === null
      if (moreNano > 0) this.look()
    }
  }

  #take(answer: ExtendAnswer, moreNano: number): void {
    if (answer.extended) {
      this.#reservation = answer.reservation
      const before = this.hardCap
      this.#headroomNano = answer.headroomNano
      if (this.hardCap !== before && this.#timer !== null) this.#lookAgainAndAgain()
      if (moreNano > 0) this.#refused = null
      return
    }
    const { refusal } = answer
    const at = this.#watched.gateway.ports.now()
    // A sign of life was taken all the same.
    this.#reservation = {
      ...this.#reservation,
      deadlineAt: Math.max(this.#reservation.deadlineAt, at + this.#silenceMs),
    }
    if (refusal.code === 'budget_exceeded' || refusal.code === 'budget_reserved') {
      const roomNano = Math.max(0, refusal.limitNano - refusal.spentNano - refusal.reservedNano)
      this.#refused = { at, roomNano }
      this.#headroomNano = roomNano + this.#reservation.amountNano
    } else this.end()
  }

  #failed(what: string, error: unknown): void {
    const { requestId } = this.#call
    this.#watched.gateway.ports.log.write('hold_not_changed', { requestId, what, error: String(error) })
  }
}

/** What must be held before the call is sent; null: its target has no price. */
function neededNano(call: IncomingCall, sent: SentCall): number | null {
  const { target, decision } = sent.decided
  const known = pricedPrompt(call, sent, target)
  if (known === null) return null
  // What a provider holds was not in the quote, and nobody tells before the end how much of it was cached: it is counted
  // as if nothing was, and must be held so.
  const prompt = sent.read.scan.needs.providerState === null ? known : { ...known, warmTokens: 0 }
  const { maxOutputTokens } = target.model.capabilities
  const limit = sent.prepared.outputLimit ?? maxOutputTokens
  const unseen = comesUnseen(sent)
  const tokens = unseen ? limit : Math.min(FIRST_TOKENS, limit)
  const expected = decision.considered.find((row) => row.target === target.id)?.nowNano ?? 0
  const least = promptNano(prompt) + tokens * ratesAt(prompt.price, prompt.promptTokens).output
  return Math.ceil(unseen ? least : Math.max(least, Math.min(expected, 2 * least)))
}

/** Of an answer that comes whole nothing is seen before it is there. */
export function comesUnseen({ prepared, decided, read }: SentCall): boolean {
  return !prepared.streams || mayProduceUnseen(decided.target.model.capabilities, read.scan.needs)
}

/** The decided tier's part of what was held: what was learned of such calls, at its price. */
function shareOf({ decided }: SentCall, { quote, admission }: AdmittedCall): number {
  const tiers: readonly Tier[] = [1, 2, 3]
  const affordable = tiers.filter((tier) => tier <= admission.affordableTier)
  const heldFor = Math.max(0, ...affordable.map((tier) => quote.expectedNano[tier] ?? 0))
  const own = quote.expectedNano[decided.target.tier]
  return own === null || heldFor === 0 ? 1 : Math.min(1, own / heldFor)
}
