-- Which change of its ledger each field of a row is from: {"name": 3}. Two changes of a field that come at once may reach
-- this database in another order than the ledger, and the later one is to stay in both.
ALTER TABLE teams ADD COLUMN revisions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN revisions TEXT NOT NULL DEFAULT '{}';
