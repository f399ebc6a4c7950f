-- Who administers what. The teams' ledgers stay the truth about money and validity; the new columns of keys and teams are
-- what people read of them. Times in milliseconds since the epoch; lists and maps are JSON.
ALTER TABLE teams ADD COLUMN contact TEXT;
ALTER TABLE teams ADD COLUMN rate_limits TEXT;

ALTER TABLE api_keys ADD COLUMN owner TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN highest_tier INTEGER NOT NULL DEFAULT 3;
-- null: every model.
ALTER TABLE api_keys ADD COLUMN allowed_models TEXT;
ALTER TABLE api_keys ADD COLUMN policy_override TEXT;
ALTER TABLE api_keys ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN rate_limits TEXT;

-- A person, known by the e-mail address that the identity provider vouches for, in lower case.
CREATE TABLE members (
  team_id TEXT NOT NULL REFERENCES teams (id),
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'auditor')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, email)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_email ON members (email);

-- A token for programs, or for people without single sign-on. Only its HMAC is kept.
CREATE TABLE admin_tokens (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES teams (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'auditor')),
  -- Whose keys a member's token sees; null for the other roles.
  email TEXT,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX admin_tokens_by_team ON admin_tokens (team_id, created_at);

-- Every policy a team ever had; the ledger holds the newest.
CREATE TABLE policy_versions (
  team_id TEXT NOT NULL REFERENCES teams (id),
  version INTEGER NOT NULL,
  json TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (team_id, version)
) STRICT, WITHOUT ROWID;

-- The one row that decides which request set the gateway up.
CREATE TABLE bootstrap (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  team_id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Writes that carried an Idempotency-Key: what was asked, and what was answered, without any secret. A row without a
-- status is a write that is under way, or that broke off.
CREATE TABLE idempotency_keys (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER,
  body TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at);

-- Who changed what. Where a ledger is changed, a row with the phase `begun` is written before, and `done` or `refused`
-- after: a `begun` without a second row is a change that broke off, and only the ledger knows whether it was made.
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  change_id TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('begun', 'done', 'refused')),
  at INTEGER NOT NULL,
  team_id TEXT,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  before TEXT,
  after TEXT,
  request_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_log_by_team ON audit_log (team_id, at);
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_change ON audit_log (change_id);

-- The log is only ever added to, by whomever.
CREATE TRIGGER audit_log_is_not_updated BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- A replacing insert would delete without that trigger.
CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
