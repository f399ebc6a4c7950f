/** The id of the person behind a call, within what a dialect takes. */
import type { ChatRequest } from './chat-request.ts'
import { shortHash } from './short-hash.ts'
import type { Warnings } from './warnings.ts'

/**
 * The id itself, or a name made from it where it is longer than `longest` characters: agents put whole JSON objects
 * there, and all a provider needs is that one person stays one person.
 */
export function endUserWithin(request: ChatRequest, longest: number, warnings: Warnings): string | null {
  const { endUser } = request
  if (endUser === null || endUser.length <= longest) return endUser
  warnings.note('user:shortened')
  return `user_${shortHash(endUser)}`
}
