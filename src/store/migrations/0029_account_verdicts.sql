-- What the rules about contacts said of an account last, while they say anything.
CREATE TABLE account_verdicts(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  verdict {text} NOT NULL,              -- allow (a rule in shadow held) or review
  ruleset {text} NOT NULL,
  reasons {text} NOT NULL,              -- JSON: rules, values and words, as items.reasons
  rules {text} NOT NULL,                -- the names of those that held and are not in shadow, each between two spaces
  at {int} NOT NULL,
  PRIMARY KEY(platform, account)
) {strict};
CREATE INDEX account_verdicts_at ON account_verdicts(at);
