/** A row of the decision log as the admin API gives it. */
export function decisionRow(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 'req_1',
    at: Date.UTC(2026, 10, 2, 9),
    team_id: 'team',
    key_id: 'key_1',
    session_id: 's1',
    thread_id: 't1',
    subagent: false,
    turn: 1,
    iteration: 1,
    task_type: 'bug_fix',
    task_source: 'rule',
    task_confidence: 0.8,
    task_rule: 'fix',
    target: 'anthropic/claude-sonnet-4-6',
    requested_model: 'auto',
    reasons: ['task', 'cheapest'],
    input_tokens: 0,
    cache_read_tokens: 0,
    cache_write_short_tokens: 40_000,
    cache_write_long_tokens: 0,
    output_tokens: 300,
    reasoning_tokens: 0,
    cost_nano: 154_500_000,
    baseline_nano: 257_500_000,
    baseline_middle_nano: 154_500_000,
    baseline_requested_nano: null,
    own_marks_nano: 160_000_000,
    overhead_nano: 500_000,
    ...change,
  }
}

/** A session of `calls` calls a minute apart, one turn, each reading what the one before it wrote. */
export function decisionSession(
  sessionId: string,
  calls: number,
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown>[] {
  return Array.from({ length: calls }, (_, index) =>
    decisionRow({
      id: `${sessionId}_${index}`,
      at: Date.UTC(2026, 10, 2, 9) + index * 60_000,
      session_id: sessionId,
      thread_id: `${sessionId}_thread`,
      iteration: index + 1,
      cache_read_tokens: index === 0 ? 0 : 40_000 + (index - 1) * 1_000,
      cache_write_short_tokens: index === 0 ? 40_000 : 1_000,
      cost_nano: index === 0 ? 154_500_000 : (40_000 + (index - 1) * 1_000) * 300 + 1_000 * 3_750 + 300 * 15_000,
      ...change,
    }),
  )
}
