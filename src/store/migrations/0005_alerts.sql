-- What a team was alerted of. The id names the crossing, so an alert that is raised twice is one row. Details are JSON.
CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  team_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  title TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX alerts_by_time ON alerts (at, id);
CREATE INDEX alerts_by_team ON alerts (team_id, at, id);

-- Where a team's alerts go. An address may be a secret (Slack's are), so it is sealed with a key that no storage holds;
-- the host is there for people to recognise it by. A webhook's own secret is derived and stored nowhere.
CREATE TABLE alert_channels (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES teams (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed_url TEXT NOT NULL,
  host TEXT NOT NULL,
  -- JSON list of the kinds it wants; null: all.
  kinds TEXT,
  min_severity TEXT NOT NULL,
  -- Counted up when the webhook's secret is replaced.
  secret_version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  -- The last attempt of any alert: when one was taken, and what was wrong with the latest that was not.
  delivered_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  -- Since when it takes nothing; null: it works.
  dead_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_channels_by_team ON alert_channels (team_id);

-- One row per alert and channel: the state that makes a queue's second message harmless.
CREATE TABLE alert_deliveries (
  alert_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- When it may be tried again, and until when somebody is trying it.
  next_at INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL DEFAULT 0,
  delivered_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  PRIMARY KEY (alert_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Few rows are open at a time; those that are done need no index.
CREATE INDEX open_alert_deliveries ON alert_deliveries (channel_id, next_at) WHERE state IN ('pending', 'waiting');
