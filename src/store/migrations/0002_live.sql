-- Live and test are two worlds: the same id of a platform may name something else in each.
DROP INDEX items_ext;
CREATE UNIQUE INDEX items_ext ON items(platform, live, ext_id, version);
DROP INDEX accounts_ext;
CREATE UNIQUE INDEX accounts_ext ON accounts(platform, livemode, ext_id);
ALTER TABLE flags ADD COLUMN live {int} NOT NULL DEFAULT 1;
UPDATE flags SET live = 0 WHERE EXISTS (SELECT 1 FROM items i WHERE i.platform = flags.platform AND i.id = flags.subject
  AND i.live = 0) OR EXISTS (SELECT 1 FROM accounts a WHERE a.platform = flags.platform AND a.id = flags.subject
  AND a.livemode = 0);
DROP INDEX flags_ext;
CREATE UNIQUE INDEX flags_ext ON flags(platform, live, ext_id) WHERE ext_id IS NOT NULL;
