-- What clients of the HMA API see of banks: one name for our banks of several kinds, one integer for the entries that
-- came with one content. An entry that is named here nowhere is a content by itself, with its key as the integer.

CREATE TABLE hma_banks(
  bank {bytes} PRIMARY KEY,
  name {text} NOT NULL,                 -- there; a bank that is not here has its own
  made {int} NOT NULL,                  -- through that API, which alone may then rename or delete it
  gone {int} NOT NULL DEFAULT 0         -- deleted there: empty and off, until the name is used again
) {strict};
CREATE INDEX hma_banks_name ON hma_banks(name);

CREATE TABLE hma_contents(
  id {int} PRIMARY KEY,                 -- the key of its first entry, which may be gone
  uri {text},                           -- where it was fetched, or what the client says of it
  metadata {text}                       -- JSON: content_id content_uri json
) {strict};

CREATE TABLE hma_members(
  key {int} PRIMARY KEY,                -- of an entry
  content {int} NOT NULL
) {strict};
CREATE INDEX hma_members_content ON hma_members(content);

CREATE TABLE hma_types(
  name {text} PRIMARY KEY,
  share {real} NOT NULL                 -- of the lookups that this signal type answers
) {strict};
