-- Every request that was sent for a call, in order: target, outcome, status, milliseconds. JSON.
ALTER TABLE decisions ADD COLUMN attempts TEXT NOT NULL DEFAULT '[]';
