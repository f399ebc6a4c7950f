/** A person of a team as the API tells it. */
import * as z from 'zod'
import { email, role, teamId, time } from '../fields.ts'

export const member = z.strictObject({ teamId, email, role, createdAt: time })
