-- Sounds are found again as well, and whoever comes back at its time has a place.
ALTER TABLE again ADD COLUMN back {bytes} NOT NULL DEFAULT X'00000000000000000000000000000000';  -- of those that came back at `at`: up to this id
ALTER TABLE media_dropped ADD COLUMN at {int} NOT NULL DEFAULT 0;  -- when it was erased: the index's files hold it no longer than a while
CREATE INDEX media_words ON media(key) WHERE words IS NOT NULL;
UPDATE media SET key = s.n + (SELECT key FROM media_counter)
  FROM (SELECT platform, id, ROW_NUMBER() OVER (ORDER BY received_at, id) AS n FROM media
    WHERE key IS NULL AND words IS NOT NULL AND sha256 <> id) s WHERE s.platform = media.platform AND s.id = media.id;
UPDATE media_counter SET key = MAX(key, COALESCE((SELECT MAX(key) FROM media), 0));
