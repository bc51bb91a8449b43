-- Known content. What the index carries of an entry is its key; what changed is found by one counter; a bank blocks or
-- allows, wholly or for a share of the traffic; signals say what weight they had and where the entry came from.

-- One row. Both only rise: a key is never used again, and whoever saw a change saw all before it.
CREATE TABLE bank_counter(
  one {int} PRIMARY KEY,
  key {int} NOT NULL,
  change {int} NOT NULL
) {strict};

ALTER TABLE banks ADD COLUMN number {int};            -- what the index carries of a bank; never used again
ALTER TABLE banks ADD COLUMN entries {int} NOT NULL DEFAULT 0; -- kept by the verbs: counting millions takes long
ALTER TABLE banks ADD COLUMN direction {text} NOT NULL DEFAULT 'block'; -- block allow
ALTER TABLE banks ADD COLUMN share {real} NOT NULL DEFAULT 1;  -- share of the items that it applies to
ALTER TABLE banks ADD COLUMN classification {text};   -- of its entries that say none themselves
ALTER TABLE banks ADD COLUMN share_query {int};       -- percent of the item's frames or sound that must match; NULL: the kind's own
ALTER TABLE banks ADD COLUMN share_known {int};       -- percent of the entry's
ALTER TABLE banks ADD COLUMN turned {int} NOT NULL DEFAULT 0;  -- mirrored and turned copies are looked for too
ALTER TABLE banks ADD COLUMN brake {int} NOT NULL DEFAULT 1;   -- an entry that suddenly matches too much becomes review-only
UPDATE banks SET number = s.n FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM banks) s WHERE s.id = banks.id;
UPDATE banks SET entries = (SELECT COUNT(*) FROM bank_entries e WHERE e.bank = banks.id);
UPDATE banks SET distance = 63 WHERE distance > 63;
CREATE UNIQUE INDEX banks_number ON banks(number);

ALTER TABLE bank_entries ADD COLUMN key {int};
ALTER TABLE bank_entries ADD COLUMN change {int};     -- rises with every change of the entry
ALTER TABLE bank_entries ADD COLUMN expires_at {int};
ALTER TABLE bank_entries ADD COLUMN review_only {int} NOT NULL DEFAULT 0; -- its matches go to people and never block
ALTER TABLE bank_entries ADD COLUMN classification {text};
ALTER TABLE bank_entries ADD COLUMN no_brake_until {int}; -- a person said that its many matches are right
UPDATE bank_entries SET key = s.n, change = s.n FROM (SELECT bank, id, ROW_NUMBER() OVER (ORDER BY bank, id) AS n
  FROM bank_entries) s WHERE s.bank = bank_entries.bank AND s.id = bank_entries.id;
CREATE UNIQUE INDEX bank_entries_key ON bank_entries(key);
CREATE UNIQUE INDEX bank_entries_change ON bank_entries(form, change);
CREATE INDEX bank_entries_until ON bank_entries(disabled_until) WHERE disabled_until IS NOT NULL;
CREATE INDEX bank_entries_expires ON bank_entries(expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO bank_counter(one, key, change)
  VALUES(1, (SELECT COUNT(*) FROM bank_entries), (SELECT COUNT(*) FROM bank_entries));

-- Entries that are gone, until every segment of the index has left them out.
CREATE TABLE bank_removed(
  form {text} NOT NULL,
  change {int} NOT NULL,
  key {int} NOT NULL,
  bank {int} NOT NULL,                  -- its number
  PRIMARY KEY(form, change)
) {strict};

-- Which directory of the index is whole for this store, and how far its files may reach. Written before the files: files
-- that reach further belong to another life of the store (a restored copy) and are not used.
CREATE TABLE bank_index(
  form {text} PRIMARY KEY,
  epoch {int} NOT NULL,                 -- 0: none
  upto {int} NOT NULL
) {strict};

-- Per entry and hour, how many items it matched: what the brake compares with.
CREATE TABLE bank_matches(
  key {int} NOT NULL,
  hour {int} NOT NULL,                  -- since 1970
  items {int} NOT NULL,
  PRIMARY KEY(key, hour)
) {strict};
CREATE INDEX bank_matches_hour ON bank_matches(hour);

ALTER TABLE media ADD COLUMN pdq_turned {bytes};      -- its seven turned hashes (hash/pdq.h, in their order); NULL: not known

ALTER TABLE signals ADD COLUMN effect {text};         -- NULL: it counts; review allow allowed share (core/words.tbl.h)
ALTER TABLE signals ADD COLUMN turned {text};         -- how the picture was turned to match; NULL: as it is
ALTER TABLE signals ADD COLUMN provenance {text};     -- of the entry, as it was then
ALTER TABLE signals ADD COLUMN classification {text};
