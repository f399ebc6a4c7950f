/** An alert as a receiver took it in, and whether its signature was right. */
export interface ReceivedAlert {
  readonly id: string
  readonly signed: boolean
  /** The body's JSON. */
  readonly body: {
    readonly id: string
    readonly kind: string
    readonly severity: string
    readonly title: string
    readonly team: { readonly id: string; readonly name: string }
    readonly details: Readonly<Record<string, unknown>>
    readonly text: string
  }
}
