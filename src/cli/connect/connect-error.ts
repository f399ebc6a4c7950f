/** A reason that a client cannot be connected which a person can act on: printed as one sentence, without a stack. */
export class ConnectError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConnectError'
  }
}
