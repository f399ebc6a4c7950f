-- What a ledger noted besides its calls: an expired call charged as an estimate, money that nobody claimed after a
-- restart, a budget's crossed threshold. The body is the notice as JSON; money in it is nano-dollars.
CREATE TABLE ledger_notices (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  team_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_notices_by_team ON ledger_notices (team_id, at);
