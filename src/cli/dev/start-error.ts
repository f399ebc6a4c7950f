/** A reason not to start that a person can act on: printed as one sentence, without a stack. */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StartError'
  }
}

/** The sentence for a port that something else listens on. */
export function portTaken(host: string, port: number, cause?: unknown): StartError {
  return new StartError(
    `Port ${port} on ${host} is taken: stop what listens there, or choose another with --port.`,
    cause,
  )
}
