/**
 * Errors of the admin API, as problem details: https://www.rfc-editor.org/rfc/rfc9457
 */
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export class Problem extends Error {
  readonly status: ContentfulStatusCode
  readonly title: string
  /** Which fields are wrong, and why. */
  readonly errors: readonly { readonly path: string; readonly message: string }[]

  constructor(status: ContentfulStatusCode, title: string, detail: string, errors: Problem['errors'] = []) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.title = title
    this.errors = errors
  }

  toResponse(instance: string): Response {
    const body = {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      detail: this.message,
      instance,
      ...(this.errors.length > 0 ? { errors: this.errors } : {}),
    }
    return Response.json(body, { status: this.status, headers: { 'content-type': 'application/problem+json' } })
  }
}
