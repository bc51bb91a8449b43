-- What accounts are to each other. Accounts have short numbers here, because there are very many pairs.
ALTER TABLE accounts ADD COLUMN number {int};   -- given with the first need, given up when the account is erased, never in use twice
CREATE UNIQUE INDEX accounts_number ON accounts(number);

-- One row for two accounts that ever had to do with each other. A fact is a time (core/relation.h): positive: holds since then,
-- negative: ended then, NULL: never was.
CREATE TABLE relations(
  platform {int} NOT NULL,
  low {int} NOT NULL,                   -- numbers of the two accounts,
  high {int} NOT NULL,                  -- the lower one first
  low_contact {int}, high_contact {int},  -- both accepted each other, as this side said; an end ends both
  low_follow {int}, low_request {int}, low_decline {int}, low_block {int}, low_limit {int},       -- what `low` did toward `high`
  high_follow {int}, high_request {int}, high_decline {int}, high_block {int}, high_limit {int},  -- and `high` toward `low`
  over_at {int},                        -- since when nothing holds any more; NULL: something does
  PRIMARY KEY(platform, low, high)
) {keyed};
CREATE INDEX relations_over ON relations(over_at) WHERE over_at IS NOT NULL;

CREATE TABLE relation_ends(             -- the same pairs, to be found by `high`; each row above has one here
  platform {int} NOT NULL,
  high {int} NOT NULL,
  low {int} NOT NULL,
  PRIMARY KEY(platform, high, low)
) {keyed};

CREATE TABLE relation_orphans(          -- numbers of erased accounts: they name nobody, and what is left of them is removed piece by piece
  number {int} PRIMARY KEY,
  platform {int} NOT NULL
) {strict};
