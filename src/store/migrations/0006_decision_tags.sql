-- The tags of the key that made the call, as they were then: {"project": "..."}. Reports group by them.
ALTER TABLE decisions ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
