-- What account holders chose of the settings by age band, and every change with all that explains it.
CREATE TABLE account_choices(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  setting {text} NOT NULL,              -- a key of policy/minors.yaml
  value {text},                         -- chosen by the holder; NULL: nothing
  until {int},                          -- it lapses then; NULL: it does not
  PRIMARY KEY(platform, account, setting)
) {strict};

CREATE TABLE account_changes(
  platform {int} NOT NULL,
  id {bytes} NOT NULL,
  account {bytes} NOT NULL,
  setting {text} NOT NULL,
  age_band {text} NOT NULL,
  age_assured {text} NOT NULL,
  value_from {text} NOT NULL,           -- what had to be before
  value_to {text} NOT NULL,             -- and after
  actor {text} NOT NULL,                -- holder guardian
  warned {int} NOT NULL,
  until {int},
  policy {text} NOT NULL,               -- version of the policy folder
  at {int} NOT NULL,
  PRIMARY KEY(platform, id)
) {strict};
CREATE INDEX account_changes_of ON account_changes(platform, account, at DESC);
