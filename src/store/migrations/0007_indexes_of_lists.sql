-- What one person, or one key, has called is found without looking through the rest of the team's log.
CREATE INDEX decisions_by_key ON decisions (key_id, at);
CREATE INDEX api_keys_by_owner ON api_keys (owner) WHERE owner IS NOT NULL;

-- Lists over all teams, and what the hourly work deletes by age.
CREATE INDEX teams_by_time ON teams (created_at, id);
CREATE INDEX ledger_notices_by_time ON ledger_notices (at);

-- Few channels take nothing at a time.
CREATE INDEX dead_alert_channels ON alert_channels (dead_since) WHERE dead_since IS NOT NULL;
