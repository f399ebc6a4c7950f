-- What the call would have cost at the reference model of the middle tier, at the model asked for, and at its own target
-- with the client's own cache marks; and what the gateway itself spent on it. Nano-dollars; null before this was kept.
ALTER TABLE decisions ADD COLUMN baseline_middle_nano INTEGER;
ALTER TABLE decisions ADD COLUMN baseline_requested_nano INTEGER;
ALTER TABLE decisions ADD COLUMN own_marks_nano INTEGER;
ALTER TABLE decisions ADD COLUMN overhead_nano INTEGER;
