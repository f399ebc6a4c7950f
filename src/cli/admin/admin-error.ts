/** Why a command was not carried out, as words for a person and an exit code for a script. */
export const EXIT = {
  /** The gateway refused. */
  refused: 1,
  /** The command cannot be understood. */
  usage: 2,
  /** No gateway answered, or the answer did not come whole: whether it was done is not known. */
  unreachable: 3,
} as const

export class AdminError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message)
    this.name = 'AdminError'
    this.exitCode = exitCode
  }
}
