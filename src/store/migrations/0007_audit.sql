-- The audit trail joins the ledger's chain; checkpoints sign its head; sealed rows are not touched any more.
ALTER TABLE audit ADD COLUMN seq {int};                          -- given once by the sealer
CREATE UNIQUE INDEX audit_seq ON audit(seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_unsealed ON audit(id) WHERE seq IS NULL;
CREATE INDEX audit_actor ON audit(actor, at);
CREATE INDEX audit_verb ON audit(verb, at);
CREATE INDEX audit_subject ON audit(subject, at) WHERE subject IS NOT NULL;
ALTER TABLE seals ADD COLUMN format {int} NOT NULL DEFAULT 1;    -- how row and link are hashed (doc/audit.md)
CREATE INDEX seals_ref ON seals(ref);

CREATE TABLE checkpoints(               -- the head of the chain, signed; the same lines stand in checkpoints.log
  seq {int} PRIMARY KEY,                -- the newest number that it covers
  at {int} NOT NULL,
  line {text} NOT NULL
) {strict};

CREATE TABLE audit_keys(                -- who signs checkpoints; each key is vouched for by the one before
  key {bytes} PRIMARY KEY,
  at {int} NOT NULL,
  line {text} NOT NULL
) {strict};

-- A guard against mistakes, not against whoever owns the file: the chain is the proof.
CREATE TRIGGER decisions_kept BEFORE UPDATE ON decisions WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed decision is not changed'); END;
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed decision is not removed'); END;
CREATE TRIGGER decision_events_kept BEFORE UPDATE ON decision_events WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed event is not changed'); END;
CREATE TRIGGER decision_events_stay BEFORE DELETE ON decision_events WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed event is not removed'); END;
CREATE TRIGGER audit_kept BEFORE UPDATE ON audit WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed audit row is not changed'); END;
CREATE TRIGGER audit_stay BEFORE DELETE ON audit WHEN OLD.seq IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a sealed audit row is not removed'); END;
CREATE TRIGGER seals_kept BEFORE UPDATE ON seals
  BEGIN SELECT RAISE(ABORT, 'a seal is not changed'); END;
CREATE TRIGGER seals_stay BEFORE DELETE ON seals
  BEGIN SELECT RAISE(ABORT, 'a seal is not removed'); END;
CREATE TRIGGER checkpoints_kept BEFORE UPDATE ON checkpoints
  BEGIN SELECT RAISE(ABORT, 'a checkpoint is not changed'); END;
CREATE TRIGGER checkpoints_stay BEFORE DELETE ON checkpoints
  BEGIN SELECT RAISE(ABORT, 'a checkpoint is not removed'); END;
