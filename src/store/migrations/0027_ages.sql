-- What is known of an account's age and how, and the band that its holder has or is offered. accounts.age_band is the accepted
-- band, the only one that counts; birth_month stays a year and a month.
ALTER TABLE accounts ADD COLUMN age_state {text} NOT NULL DEFAULT 'unknown';  -- core/age_state.tbl.h
ALTER TABLE accounts ADD COLUMN age_confidence {int};                 -- of an estimate, per cent
ALTER TABLE accounts ADD COLUMN age_since {int};                      -- when the accepted band was said or accepted
ALTER TABLE accounts ADD COLUMN age_offer {text};                     -- the older band that waits for the holder
ALTER TABLE accounts ADD COLUMN age_before {text};                    -- the band that a revert goes back to
ALTER TABLE accounts ADD COLUMN age_due {int};                        -- when the calendar offers the next; NULL: never
UPDATE accounts SET age_state = 'held', age_since = updated_at, age_due = 0 WHERE age_band <> 'unknown';
CREATE INDEX accounts_age_due ON accounts(age_due) WHERE age_due IS NOT NULL;

CREATE TABLE account_age_said(          -- the last statement by each means
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  assured {text} NOT NULL,              -- none declared estimated verified guardian
  band {text} NOT NULL,
  weak {int} NOT NULL,                  -- an estimate that counts as a declaration
  lowered {int} NOT NULL,               -- it made the band younger
  at {int} NOT NULL,
  PRIMARY KEY(platform, account, assured)
) {strict};
INSERT INTO account_age_said(platform, account, assured, band, weak, lowered, at)
  SELECT platform, id, age_assured, age_band, 0, 0, updated_at FROM accounts WHERE age_band <> 'unknown';

ALTER TABLE account_changes ADD COLUMN event {text} NOT NULL DEFAULT 'set';   -- what happened: minors/history.h
ALTER TABLE account_changes ADD COLUMN age_confidence {int};
CREATE INDEX account_choices_lapse ON account_choices(until) WHERE until IS NOT NULL;

CREATE TABLE settings_told(             -- the matrix of settings that platforms were told of last
  name {text} PRIMARY KEY,              -- minimum_age, quiet_hours, settings/KEY; version: the policy's
  print {text} NOT NULL                 -- what it says, as a digest
) {strict};
