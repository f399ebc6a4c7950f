/**
 * A pure machine: an input gives the next machine and what comes out. The state is inside, so that machines over
 * different states can be chained and kept in one place.
 */
export interface Machine<In, Out> {
  step(input: In): readonly [next: Machine<In, Out>, out: readonly Out[]]
}

/** One step of a machine over an open state. */
export type Step<State, In, Out> = (state: State, input: In) => readonly [next: State, out: readonly Out[]]

/** A machine in this state. */
export function machine<State, In, Out>(state: State, step: Step<State, In, Out>): Machine<In, Out> {
  return {
    step(input) {
      const [next, out] = step(state, input)
      return [next === state ? this : machine(next, step), out]
    },
  }
}

/** Feeds what comes out of the first machine to the second. */
export function chain<In, Middle, Out>(first: Machine<In, Middle>, second: Machine<Middle, Out>): Machine<In, Out> {
  return {
    step(input) {
      const [firstNext, middles] = first.step(input)
      const [secondNext, out] = runAll(second, middles)
      return [chain(firstNext, secondNext), out]
    },
  }
}

/** Feeds all inputs, in order. */
export function runAll<In, Out>(start: Machine<In, Out>, inputs: readonly In[]): readonly [Machine<In, Out>, Out[]] {
  let current = start
  const all: Out[] = []
  for (const input of inputs) {
    const [next, out] = current.step(input)
    current = next
    all.push(...out)
  }
  return [current, all]
}
