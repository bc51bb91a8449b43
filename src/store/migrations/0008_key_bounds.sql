-- Where a key may be used from, how many requests may come at once, and which key took its place.
ALTER TABLE api_keys ADD COLUMN networks {text} NOT NULL DEFAULT '';  -- separated by spaces; '': anywhere
ALTER TABLE api_keys ADD COLUMN burst {int} NOT NULL DEFAULT 0;       -- 0: a second's worth
ALTER TABLE api_keys ADD COLUMN replaced_by {bytes};
