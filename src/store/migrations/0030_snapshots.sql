-- What platforms say the settings of their accounts really are, held against the policy. Of an account only what was said last
-- is kept; of a snapshot its figures, and the lines that could not be taken as they were.
CREATE TABLE setting_words(
  id {int} NOT NULL PRIMARY KEY,
  setting {text} NOT NULL,
  value {text} NOT NULL
) {strict};
CREATE UNIQUE INDEX setting_words_of ON setting_words(setting, value);

CREATE TABLE snapshots(
  seq {int} NOT NULL PRIMARY KEY,       -- in the order in which they began
  platform {int} NOT NULL,
  livemode {int} NOT NULL,
  id {text} NOT NULL,                   -- the platform's
  taken_at {int} NOT NULL,
  begun_at {int} NOT NULL,
  ended_at {int},                       -- NULL: more is to come
  policy {text} NOT NULL,               -- version of the policy folder that it was held against
  lines {int} NOT NULL,                 -- taken so far
  chain {bytes} NOT NULL,               -- SHA-256 over those lines: a repeat must be the same
  accounts {int} NOT NULL,
  looser_accounts {int} NOT NULL,
  looser_settings {int} NOT NULL,
  bad_line {int} NOT NULL,
  repeated_account {int} NOT NULL,
  unknown_account {int} NOT NULL,
  erased_account {int} NOT NULL,
  unknown_setting {int} NOT NULL,
  unknown_value {int} NOT NULL,
  listed {int} NOT NULL                 -- rows of snapshot_findings
) {strict};
CREATE UNIQUE INDEX snapshots_id ON snapshots(platform, livemode, id);

CREATE TABLE snapshot_counts(
  snapshot {int} NOT NULL,
  age_band {text} NOT NULL,
  setting {text} NOT NULL,
  value_is {text} NOT NULL,             -- empty: not told
  value_must {text} NOT NULL,
  looser {int} NOT NULL,
  accounts {int} NOT NULL,
  PRIMARY KEY(snapshot, age_band, setting, value_is, value_must)
) {strict};

CREATE TABLE snapshot_findings(
  snapshot {int} NOT NULL,
  line {int} NOT NULL,
  nth {int} NOT NULL,                   -- of the line
  kind {text} NOT NULL,
  what {text},                          -- the setting's name; of a repeated account nothing: no account is named here
  PRIMARY KEY(snapshot, line, nth)
) {strict};

CREATE TABLE account_in_force(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  livemode {int} NOT NULL,
  snapshot {int} NOT NULL,
  line {int} NOT NULL,
  at {int} NOT NULL,                    -- when the snapshot was taken
  words {bytes} NOT NULL,               -- ids of setting_words, two bytes each
  looser {int} NOT NULL,                -- settings looser than the policy when it was taken
  PRIMARY KEY(platform, account)
) {strict};
CREATE INDEX account_in_force_looser ON account_in_force(platform, livemode, account) WHERE looser > 0;
CREATE INDEX account_in_force_at ON account_in_force(at);
