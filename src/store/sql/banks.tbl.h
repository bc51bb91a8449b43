/* Banks and their entries. Every change raises banks.changed, which loaders watch, and gives the entry a new `change`. */
#define BANK_COLS                                                                              \
	"id, name, kind, policy, source, distance, enabled, created_at, changed, entries, number, direction, share,"   \
	" classification, share_query, share_known, turned, brake"
#define BANK_ENTRY_COLS                                                                        \
	"e.id, e.value, e.form, e.note, e.provenance, e.enabled, e.disabled_until, e.added_at, e.key, e.change,"       \
	" e.expires_at, e.review_only, e.classification, e.no_brake_until, e.added_by"
S(BANK_COUNT, "UPDATE bank_counter SET key = key + $1, change = change + 1 RETURNING key, change")
S(BANK_CHANGE, "SELECT change FROM bank_counter")
S(BANK_ADD, "INSERT INTO banks(" BANK_COLS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, 1, 0,"
	    " (SELECT COALESCE(MAX(number), 0) + 1 FROM banks), $9, $10, $11, $12, $13, $14, $15)")
S(BANK_GET, "SELECT " BANK_COLS " FROM banks WHERE id = $1 AND deleted_at IS NULL")
S(BANK_BY_NAME, "SELECT id FROM banks WHERE name = $1 AND deleted_at IS NULL")
S(BANK_LIST, "SELECT " BANK_COLS " FROM banks WHERE deleted_at IS NULL ORDER BY name")
S(BANK_NAMES, "SELECT name, kind FROM banks WHERE deleted_at IS NULL ORDER BY name")
S(BANK_SET, "UPDATE banks SET policy = $2, source = $3, distance = $4, enabled = $5, direction = $6, share = $7,"
	    " classification = $8, share_query = $9, share_known = $10, turned = $11, brake = $12, changed = changed + 1"
	    " WHERE id = $1")
S(BANK_TOUCH, "UPDATE banks SET changed = changed + 1, entries = entries + $2 WHERE id = $1")
S(BANK_MARKS, "SELECT kind, SUM(changed) FROM banks GROUP BY kind")
S(BANK_ENTRY_ADD, "INSERT INTO bank_entries(bank, id, value, form, note, provenance, enabled, disabled_until, added_at,"
		  " key, change, expires_at, classification, added_by, exchange, record, member,"
		  " review_only) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)")
S(BANK_ENTRY_OF, "SELECT id, enabled, key, expires_at FROM bank_entries WHERE bank = $1 AND form = $2 AND value = $3")
S(BANK_ENTRY_REVIVE, "UPDATE bank_entries SET enabled = 1, disabled_until = NULL, note = COALESCE($3, note), change = $4,"
		     " expires_at = $5, provenance = COALESCE($6, provenance), classification = COALESCE($7, classification)"
		     " WHERE bank = $1 AND id = $2")
S(BANK_ENTRY_DROP, "DELETE FROM bank_entries WHERE bank = $1 AND id = $2 RETURNING key, form")
S(BANK_ENTRY_ENABLE, "UPDATE bank_entries SET enabled = $3, disabled_until = $4, change = $5 WHERE bank = $1 AND id = $2")
S(BANK_ENTRY_EXPIRE, "UPDATE bank_entries SET expires_at = $3, change = $4 WHERE bank = $1 AND id = $2")
S(BANK_ENTRY_REVIEW, "UPDATE bank_entries SET review_only = $3, change = $4, no_brake_until = $5 WHERE bank = $1 AND id = $2 AND review_only <> $3")
S(BANK_ENTRY_GET, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.id = $2")
S(BANK_ENTRY_BY_KEY, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.key = $1")
S(BANK_ENTRY_PAGE, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.id < $2"
		   " ORDER BY e.id DESC LIMIT $3")
S(BANK_ENTRY_LIVE, "SELECT id, value, form, key FROM bank_entries WHERE bank = $1 AND (enabled = 1 OR disabled_until <= $2)"
		   " AND (expires_at IS NULL OR expires_at > $2)")
/* Of terms only: who follows the log of changes knows the times of hashes. */
S(BANK_NEXT_TURN, "SELECT MIN(at) FROM (SELECT MIN(disabled_until) AS at FROM bank_entries"
		  " WHERE disabled_until IS NOT NULL AND disabled_until > $1 AND enabled = 0"
		  " AND form IN ('word', 'phrase', 'regex') UNION ALL SELECT MIN(expires_at) FROM bank_entries"
		  " WHERE expires_at IS NOT NULL AND expires_at > $1 AND form IN ('word', 'phrase', 'regex')) AS turns")
S(BANK_CHANGES, "SELECT e.key, e.change, b.number, e.value, e.enabled, e.disabled_until, e.expires_at FROM bank_entries e JOIN banks b ON b.id = e.bank"
		" WHERE e.form = $1 AND e.change > $2 AND e.change <= $3 ORDER BY e.change LIMIT $4")
S(BANK_REMOVED_ADD, "INSERT INTO bank_removed(form, change, key, bank) SELECT $2, $3, $4, number FROM banks WHERE id = $1")
S(BANK_REMOVED, "SELECT key, change, bank FROM bank_removed WHERE form = $1 AND change > $2 AND change <= $3 ORDER BY change")
S(BANK_FORM_USED, "SELECT EXISTS(SELECT 1 FROM bank_entries WHERE form = $1 AND change > 0)")
S(BANK_REMOVED_DROP, "DELETE FROM bank_removed WHERE form = $1 AND change <= $2")
S(BANK_INDEX_GET, "SELECT epoch, upto FROM bank_index WHERE form = $1")
S(BANK_INDEX_SET, "INSERT INTO bank_index(form, epoch, upto) VALUES($1, $2, $3) ON CONFLICT(form) DO UPDATE SET"
		  " epoch = excluded.epoch, upto = excluded.upto")
S(BRAKE_ADD, "INSERT INTO bank_matches(key, hour, items) VALUES($1, $2, 1) ON CONFLICT(key, hour) DO UPDATE SET"
	     " items = bank_matches.items + 1 RETURNING items")
S(BRAKE_SUM, "SELECT COALESCE(SUM(items), 0) FROM bank_matches WHERE key = $1 AND hour >= $2 AND hour < $3")
S(BRAKE_ENTRY, "SELECT e.bank, e.id, b.name, b.brake, e.review_only, e.no_brake_until FROM bank_entries e"
	       " JOIN banks b ON b.id = e.bank WHERE e.key = $1")
S(BRAKE_FORGET, "DELETE FROM bank_matches WHERE (key, hour) IN (SELECT key, hour FROM bank_matches WHERE hour < $1 LIMIT $2)")
S(BANK_RENAME, "UPDATE banks SET name = $2, changed = changed + 1 WHERE id = $1 AND deleted_at IS NULL")
S(BANK_DELETE, "UPDATE banks SET name = $2, enabled = 0, deleted_at = $3, changed = changed + 1"
	       " WHERE id = $1 AND deleted_at IS NULL")
S(BANK_DELETED, "SELECT id FROM banks WHERE deleted_at IS NOT NULL AND entries > 0 LIMIT 1")
S(BANK_ENTRY_SAY, "UPDATE bank_entries SET note = $3, classification = $4, change = $5 WHERE bank = $1 AND id = $2")
/* Looking for entries: each way has its index. */
S(BANK_FIND_VALUE, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.form = $2"
		   " AND e.value >= $3 AND e.value < $4 AND e.value > $5 ORDER BY e.value LIMIT $6")
S(BANK_FIND_RECORD, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.record = $2"
		    " AND e.id < $3 ORDER BY e.id DESC LIMIT $4")
S(BANK_FIND_MEMBER, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.member = $2"
		    " AND e.id < $3 ORDER BY e.id DESC LIMIT $4")
S(BANK_FIND_NOTE, "SELECT " BANK_ENTRY_COLS ", e.bank FROM bank_entries e WHERE e.bank = $1 AND e.note IS NOT NULL"
		  " AND lower(e.note) >= $2 AND lower(e.note) < $3 AND (lower(e.note), e.id) > ($4, $5)"
		  " ORDER BY lower(e.note), e.id LIMIT $6")
S(BANK_SCAN, "SELECT id, value, form, key, enabled, disabled_until, expires_at FROM bank_entries WHERE bank = $1"
	     " AND id < $2 ORDER BY id DESC LIMIT $3")
/* Choosing entries by where they came from, newest first. */
#define PICK " AND ($3 IS NULL OR exchange = $3) AND ($4 IS NULL OR member = $4) AND id < $5 ORDER BY id DESC LIMIT $6"
S(BANK_PICK, "SELECT id FROM bank_entries WHERE bank = $1 AND ($2 IS NULL OR record = $2)" PICK)
S(BANK_PICK_RECORD, "SELECT id FROM bank_entries WHERE bank = $1 AND record = $2" PICK)
S(BANK_PICK_MEMBER, "SELECT id FROM bank_entries WHERE bank = $1 AND ($2 IS NULL OR record = $2) AND member = $4" PICK)
S(BANK_COUNT_PICK, "SELECT COUNT(*) FROM (SELECT id FROM bank_entries WHERE bank = $1 AND ($2 IS NULL OR record = $2)" PICK ") AS p")
S(BANK_COUNT_RECORD, "SELECT COUNT(*) FROM (SELECT id FROM bank_entries WHERE bank = $1 AND record = $2" PICK ") AS p")
S(BANK_COUNT_MEMBER, "SELECT COUNT(*) FROM (SELECT id FROM bank_entries WHERE bank = $1 AND ($2 IS NULL OR record = $2)"
		     " AND member = $4" PICK ") AS p")
#undef PICK
S(BANK_PICK_ADDED, "SELECT id FROM bank_entries WHERE bank = $1 AND added_by = $2 AND id > $3 AND id < $4"
		   " ORDER BY id DESC LIMIT $5")
S(BANK_COUNT_ADDED, "SELECT COUNT(*) FROM (SELECT id FROM bank_entries WHERE bank = $1 AND added_by = $2 AND id > $3"
		    " AND id < $4 LIMIT $5) AS p")
#undef BANK_COLS
#undef BANK_ENTRY_COLS
