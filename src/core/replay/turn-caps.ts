/**
 * How many recorded turns an iteration cap would have surfaced. It stops nothing.
 */
import type { Policy } from '../routing/policy.ts'
import { turnNumbers, type TraceSession } from './trace.ts'

export interface CapCount {
  readonly turns: number
  readonly surfaced: number
}

/** The caps that a trace can be held against: it tells no inputs of calls. */
type TurnCaps = Pick<Policy['iterations'], 'perTurn' | 'withoutProgress'>

/** Turns that reach a cap: they ask for one more call than it allows. Progress is an edit; tests are not in a trace. */
export function countCapped(sessions: readonly TraceSession[], caps: TurnCaps): CapCount {
  let turns = 0
  let surfaced = 0
  for (const session of sessions) {
    for (const edits of editsByTurn(session)) {
      turns += 1
      if (reaches(edits, caps)) surfaced += 1
    }
  }
  return { turns, surfaced }
}

/** Per turn, whether each of its calls edited a file. */
function editsByTurn(session: TraceSession): readonly (readonly boolean[])[] {
  const byTurn: boolean[][] = []
  for (const [index, turn] of turnNumbers(session).entries()) {
    const edits = (byTurn[turn] ??= [])
    edits.push(session.calls[index]?.edited ?? false)
  }
  return byTurn
}

function reaches(edits: readonly boolean[], { perTurn, withoutProgress }: TurnCaps): boolean {
  if (perTurn !== null && edits.length > perTurn) return true
  if (withoutProgress === null) return false
  let sinceEdit = 0
  for (const edited of edits) {
    sinceEdit += 1
    if (sinceEdit > withoutProgress) return true
    if (edited) sinceEdit = 0
  }
  return false
}
