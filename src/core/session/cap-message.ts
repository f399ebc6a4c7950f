/**
 * What a person reads when a cap has stopped their turn: what was tried, what it cost so far, and how to go on. It knows
 * counts, costs and names of tools, never what was typed or answered.
 */
import { dollars } from '../pricing/dollars.ts'
import type { CapReason, ReachedCap } from './loop-guard.ts'
import type { SessionView } from './session-view.ts'

export interface StoppedTurn {
  readonly cap: ReachedCap
  readonly view: Pick<
    SessionView,
    | 'iteration'
    | 'iterationsWithoutProgress'
    | 'repeatedCalls'
    | 'toolErrorsInARow'
    | 'treeIterations'
    | 'turnSpentNano'
    | 'spentNano'
  >
  /** Names of the tools the last answer called. */
  readonly tools: readonly string[]
  readonly subagent: boolean
}

/** The message, a paragraph each: why it stopped, what was tried, what it cost, how to go on. */
export function capMessage(stopped: StoppedTurn): readonly string[] {
  return [HEADLINES[stopped.cap.reason](stopped), whatWasTried(stopped), whatItCost(stopped), howToGoOn(stopped)]
}

const HEADLINES: Readonly<Record<CapReason, (stopped: StoppedTurn) => string>> = {
  session_call_cap: ({ cap }) =>
    `Headgate stopped here: this session has made ${counted(cap.count, 'model call')} (limit ${cap.limit}).`,
  repeated_call_cap: ({ cap, tools }) =>
    `Headgate stopped this turn: ${called(tools)} ${cap.count} times in a row with the same input (limit ${cap.limit}).`,
  no_progress_cap: ({ cap }) =>
    `Headgate stopped this turn: ${counted(cap.count, 'model call')} without an edit that was applied or a test run that passed (limit ${cap.limit}).`,
  iteration_cap: ({ cap }) =>
    `Headgate stopped this turn after ${counted(cap.count, 'model call')} (limit ${cap.limit}).`,
  subagent_tree_cap: ({ cap }) =>
    `Headgate stopped this turn after ${counted(cap.count, 'model call')}, those of sub-agents included (limit ${cap.limit}).`,
}

const MOST_NAMES = 3
const LONGEST_NAME = 64

function called(tools: readonly string[]): string {
  const names = [...new Set(tools.map(readableName).filter((name) => name !== ''))]
  if (names.length === 0) return 'the same tool call was made'
  if (names.length === 1) return `\`${names[0]}\` was called`
  const listed = names.slice(0, MOST_NAMES).map((name) => `\`${name}\``)
  return `the same tool calls (${listed.join(', ')}${names.length > MOST_NAMES ? ' and others' : ''}) were made`
}

/** A model makes names up: only what a tool's name may hold is repeated. */
function readableName(name: string): string {
  return name.replace(/[^\w.:/-]+/g, '').slice(0, LONGEST_NAME)
}

function whatWasTried({ view, tools }: StoppedTurn): string {
  const own = view.iteration - 1
  const tree = view.treeIterations - 1
  const facts = [counted(own, 'model call') + (tree > own ? ` in this conversation, ${tree} with its sub-agents` : '')]
  const idle = view.iterationsWithoutProgress - 1
  if (idle > 0 && idle < own) facts.push(`${idle} of them since the last edit or passing test`)
  if (idle > 0 && idle >= own) facts.push('no edit and no passing test')
  if (view.repeatedCalls > 1) facts.push(`${called(tools)} ${view.repeatedCalls} times in a row`)
  if (view.toolErrorsInARow > 1) facts.push(`the last ${view.toolErrorsInARow} tool results were errors`)
  return `Tried in this turn: ${facts.join('; ')}.`
}

function whatItCost({ view }: StoppedTurn): string {
  return `Counted cost: ${dollars(view.turnSpentNano)} for this turn, ${dollars(view.spentNano)} for this session. This message cost nothing: no model was asked.`
}

function howToGoOn({ cap, subagent }: StoppedTurn): string {
  if (cap.reason === 'session_call_cap') {
    return 'To go on, start a new session. Your team lead can raise the limit.'
  }
  if (subagent) return 'This was a sub-agent: what it has done stands, and the agent that started it goes on from here.'
  return 'To go on, send a new message: it starts a new turn, with its own counts. Say what to try instead, or just "continue".'
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
