-- The settings of a population brought to what the policy says, account by account, and the way back.
CREATE TABLE settings_moves(
  id {bytes} NOT NULL PRIMARY KEY,
  platform {int} NOT NULL,
  livemode {int} NOT NULL,
  state {text} NOT NULL,                -- minors/move_state.tbl.h
  age_band {text},                      -- only this one; NULL: all
  share {int} NOT NULL,                 -- thousandths of the accounts
  batch {int} NOT NULL,                 -- accounts looked at in one step
  per_minute {int} NOT NULL,            -- at most; 0: as fast as it goes
  made_by {text} NOT NULL,
  made_at {int} NOT NULL,
  ended_at {int},
  next_at {int} NOT NULL,               -- when the next step is due
  place {bytes},                        -- the account that was looked at last
  looked {int} NOT NULL,
  moved {int} NOT NULL,                 -- accounts
  settings {int} NOT NULL,              -- of those accounts
  undone {int} NOT NULL,                -- accounts that have something back
  kept {int} NOT NULL                   -- settings that stayed when it was undone
) {strict};
CREATE INDEX settings_moves_due ON settings_moves(next_at) WHERE state IN ('running', 'undoing');

CREATE TABLE settings_moved(
  move {bytes} NOT NULL,
  account {bytes} NOT NULL,
  platform {int} NOT NULL,
  at {int} NOT NULL,
  undone_at {int},
  words {bytes} NOT NULL,               -- what was in force of the settings that were moved: ids of setting_words
  PRIMARY KEY(move, account)
) {strict};
CREATE INDEX settings_moved_of ON settings_moved(platform, account, at);
