/** What Hono's context carries in this Worker. */
import type { Composition } from '../compose.ts'

export interface AppEnv {
  readonly Bindings: Env
  readonly Variables: {
    /** Of this request: in every answer's headers, in the decision, in the log. */
    requestId: string
    /** When the request arrived, milliseconds since the epoch. */
    arrivedAt: number
    composition: Composition
  }
}
