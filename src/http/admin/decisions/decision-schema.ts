/** A decision as the API tells it: a row of the log, by the names of its columns. */
import * as z from 'zod'
import { nano, time } from '../fields.ts'

const tokens = z.int().min(0)
const ms = z.int().meta({ description: 'Milliseconds.' })

export const decision = z
  .looseObject({
    id: z.string(),
    at: time,
    team_id: z.string(),
    key_id: z.string(),
    dialect: z.string(),
    agent: z.string(),
    tags: z.record(z.string(), z.string()).meta({ description: 'Of the key, as they were then.' }),
    session_id: z.string(),
    thread_id: z.string(),
    subagent: z.boolean(),
    turn: z.int(),
    iteration: z.int(),
    task_type: z.string(),
    tier: z.int(),
    target: z.string(),
    provider: z.string(),
    model: z.string(),
    requested_model: z.string(),
    policy_version: z.int(),
    reasons: z.array(z.string()),
    considered: z.array(z.unknown()).meta({ description: 'Each target as the decision weighed it.' }),
    attempts: z.array(z.unknown()).meta({ description: 'Every request that was sent for the call, in order.' }),
    input_tokens: tokens,
    cache_read_tokens: tokens,
    cache_write_short_tokens: tokens,
    cache_write_long_tokens: tokens,
    output_tokens: tokens,
    reasoning_tokens: tokens,
    cost_nano: nano.nullable().meta({ description: 'null: the model has no price.' }),
    baseline_nano: nano.nullable().meta({ description: 'The same call at the reference model of the top tier.' }),
    estimated: z.boolean(),
    status: z.int(),
    ending: z.string(),
    first_byte_ms: ms.nullable(),
    total_ms: ms,
    admit_ms: ms,
    adaptations: z.array(z.string()),
    warnings: z.array(z.string()),
  })
  .meta({ description: 'One call. No prompt, no answer. Further columns may come.' })
