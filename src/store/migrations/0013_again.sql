-- What was published before is found again: hashes stay while their item stands, and a bank that grows is compared with them.
ALTER TABLE media ADD COLUMN key {int};  -- what the media index carries; rises, never used again; NULL: no hash to find it by
UPDATE media SET key = s.n FROM (SELECT platform, id, ROW_NUMBER() OVER (ORDER BY received_at, id) AS n FROM media
  WHERE state <> 'erased' AND pdq IS NOT NULL AND pdq_quality >= 50) s WHERE s.platform = media.platform AND s.id = media.id;
-- Whatever was erased before keeps no hash: its id, which is a keyed hash, stands in their place.
UPDATE media SET pdq = NULL, pdq_quality = NULL, sha256 = id, md5 = SUBSTR(id, 1, 16) WHERE state = 'erased';
CREATE UNIQUE INDEX media_key ON media(key) WHERE key IS NOT NULL;
CREATE INDEX media_sha256 ON media(sha256);
CREATE INDEX media_md5 ON media(md5);
DROP INDEX item_media_media;
CREATE INDEX item_media_media ON item_media(platform, media, item);

CREATE TABLE media_counter(             -- one row: numbers keys and erasures, so that who saw one saw all before it
  one {int} PRIMARY KEY,
  key {int} NOT NULL
) {strict};
INSERT INTO media_counter(one, key) VALUES(1, COALESCE((SELECT MAX(key) FROM media), 0));

CREATE TABLE media_dropped(             -- keys of erased hashes, until the files of the index have left them out
  change {int} PRIMARY KEY,             -- of media_counter
  key {int} NOT NULL
) {strict};

CREATE TABLE again(                     -- per form: how far its entries were compared with what was published before
  form {text} PRIMARY KEY,
  change {int} NOT NULL,                -- of bank_counter: entries up to this one
  hit {int} NOT NULL DEFAULT 0,         -- of the entry after it: media up to this key, when it has very many
  at {int} NOT NULL DEFAULT 0,          -- entries that came back by themselves: up to this time
  mark {int} NOT NULL DEFAULT 0         -- sum of banks.changed then: who judged with less may have missed some
) {strict};

CREATE TABLE again_banks(               -- per bank: how wide it was compared
  bank {bytes} PRIMARY KEY,
  reach {int} NOT NULL,                 -- all of its entries within this distance; -1: none
  goal {int} NOT NULL,                  -- what a pass over all entries aims at; the same: none is under way
  entry {bytes} NOT NULL,               -- the pass has done the entries up to this id
  hit {int} NOT NULL DEFAULT 0,
  since {int} NOT NULL                  -- when the bank grew
) {strict};

CREATE TABLE again_found(               -- media that a grown bank reaches, until all their items were asked for
  platform {int} NOT NULL,
  media {bytes} NOT NULL,
  item {bytes} NOT NULL,                -- items up to this id were asked for
  bank {bytes} NOT NULL,
  entry {bytes} NOT NULL,
  mark {int} NOT NULL,                  -- who judges must know the banks up to here
  since {int} NOT NULL,                 -- when the bank grew
  found_at {int} NOT NULL,
  PRIMARY KEY(platform, media)
) {strict};
CREATE INDEX again_found_at ON again_found(found_at);

CREATE TABLE again_asked(               -- items that are judged again, until they are
  platform {int} NOT NULL,
  item {bytes} NOT NULL,
  bank {bytes} NOT NULL,
  entry {bytes} NOT NULL,
  mark {int} NOT NULL,
  since {int} NOT NULL,
  asked_at {int} NOT NULL,
  PRIMARY KEY(platform, item)
) {strict};
