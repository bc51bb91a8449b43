-- One decision for a picture and its copies: what was chosen once, and what became of each copy; and the crisis mode.
CREATE TABLE group_decisions(
  id {bytes} PRIMARY KEY,
  decision {bytes} NOT NULL,            -- the one that the person made, on the case that they held
  platform {int} NOT NULL,
  user_id {bytes} NOT NULL,
  ask {text} NOT NULL,                  -- JSON: kind policy ground actions facts, as decided
  created_at {int} NOT NULL,
  apply_at {int} NOT NULL,              -- the end of the undo window: before it nothing is done
  state {text} NOT NULL,                -- waiting done cancelled
  done_at {int}
) {strict};
CREATE INDEX group_decisions_waiting ON group_decisions(apply_at) WHERE state = 'waiting';
CREATE INDEX group_decisions_decision ON group_decisions(decision);

CREATE TABLE group_items(
  group_id {bytes} NOT NULL,
  item {bytes} NOT NULL,
  state {text} NOT NULL,                -- waiting done left
  decision {bytes},
  why {text},                           -- it was left out
  PRIMARY KEY(group_id, item)
) {strict};
CREATE INDEX group_items_waiting ON group_items(group_id, item) WHERE state = 'waiting';

CREATE TABLE watches(                   -- crisis mode: one picture or clip and its edits, watched with a wider net
  id {bytes} PRIMARY KEY,
  bank {bytes} NOT NULL UNIQUE,         -- of its own; its name begins with "watch."
  title {text} NOT NULL,
  policy {text} NOT NULL,
  effect {text} NOT NULL,               -- withhold review
  started_by {bytes} NOT NULL,
  started_at {int} NOT NULL,
  ends_at {int} NOT NULL,               -- by itself
  ended_at {int},
  ended_by {text},                      -- user:<id> system
  report {text}                         -- JSON: its figures when it ended
) {strict};
CREATE INDEX watches_open ON watches(ends_at) WHERE ended_at IS NULL;
