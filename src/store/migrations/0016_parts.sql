-- How much of a video or sound matched, and where.
ALTER TABLE signals ADD COLUMN part {text};           -- JSON: share_item share_entry offset_ms matched_ms speed in_step; NULL: whole
