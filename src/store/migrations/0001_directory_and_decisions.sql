-- The directory of teams and keys: what people list. The teams' ledgers hold the truth about money and validity.
CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES teams (id),
  name TEXT NOT NULL,
  -- The first characters of the key, so that a person recognises it. Not enough to use it.
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE INDEX api_keys_by_team ON api_keys (team_id);

-- One row per call. No prompt, no answer. Money in nano-dollars, times in milliseconds since the epoch.
CREATE TABLE decisions (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  dialect TEXT NOT NULL,
  agent TEXT NOT NULL,
  session_id TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  subagent INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  task_type TEXT NOT NULL,
  task_source TEXT NOT NULL,
  task_confidence REAL NOT NULL,
  task_rule TEXT,
  floor INTEGER NOT NULL,
  ceiling INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  target TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  reasons TEXT NOT NULL,
  considered TEXT NOT NULL,
  context_tokens INTEGER NOT NULL,
  turn_growth_tokens INTEGER NOT NULL,
  session_growth_tokens INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_short_tokens INTEGER NOT NULL,
  cache_write_long_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_nano INTEGER,
  baseline_nano INTEGER,
  estimated INTEGER NOT NULL,
  status INTEGER NOT NULL,
  ending TEXT NOT NULL,
  stop_reason TEXT,
  first_byte_ms INTEGER,
  total_ms INTEGER NOT NULL,
  admit_ms INTEGER NOT NULL,
  adaptations TEXT NOT NULL,
  warnings TEXT NOT NULL
) STRICT;

CREATE INDEX decisions_by_time ON decisions (at);
CREATE INDEX decisions_by_team ON decisions (team_id, at);
