-- Guardians of accounts, by the id that the platform has for them (an account of it, or any other), and how far each of them lets
-- a setting go. They only ever make stricter: the strictest bound counts.
CREATE TABLE guardians(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  guardian {text} NOT NULL,
  live {int} NOT NULL,                  -- the account's world
  linked_at {int} NOT NULL,
  PRIMARY KEY(platform, account, guardian)
) {strict};
CREATE INDEX guardians_of ON guardians(platform, live, guardian);

CREATE TABLE guardian_caps(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  guardian {text} NOT NULL,
  setting {text} NOT NULL,              -- a key of policy/minors.yaml
  cap {text} NOT NULL,                  -- not looser than this
  PRIMARY KEY(platform, account, guardian, setting)
) {strict};

CREATE INDEX account_changes_at ON account_changes(at);    -- for their end
