-- Accounts' own filters for comments on what they publish. The words are personal: sealed under the account's key.
CREATE TABLE account_filters(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  words {bytes} NOT NULL,               -- sealed JSON {"words":[…]}
  said {text} NOT NULL,                 -- hold refuse: to comments with one of the words
  approve_all {int} NOT NULL,           -- every comment waits for the account's approval
  changed_at {int} NOT NULL,
  PRIMARY KEY(platform, account)
) {strict};

-- When somebody was last shown a notice, so that it is not shown too often.
CREATE TABLE notices_shown(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  notice {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY(platform, account, notice)
) {strict};
