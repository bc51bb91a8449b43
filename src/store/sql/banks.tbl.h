/* Banks and their entries. Every change raises banks.changed: loaders watch its sum. */
S(BANK_ADD, "INSERT INTO banks(id, name, kind, policy, source, distance, enabled, created_at, changed)"
	    " VALUES($1, $2, $3, $4, $5, $6, $7, $8, 1)")
S(BANK_GET, "SELECT b.id, b.name, b.kind, b.policy, b.source, b.distance, b.enabled, b.created_at, b.changed,"
	    " (SELECT COUNT(*) FROM bank_entries e WHERE e.bank = b.id) FROM banks b WHERE b.id = $1")
S(BANK_BY_NAME, "SELECT id FROM banks WHERE name = $1")
S(BANK_LIST, "SELECT b.id, b.name, b.kind, b.policy, b.source, b.distance, b.enabled, b.created_at, b.changed,"
	     " (SELECT COUNT(*) FROM bank_entries e WHERE e.bank = b.id) FROM banks b ORDER BY b.name")
S(BANK_NAMES, "SELECT name, kind FROM banks ORDER BY name")
S(BANK_SET, "UPDATE banks SET policy = $2, source = $3, distance = $4, enabled = $5, changed = changed + 1"
	    " WHERE id = $1")
S(BANK_TOUCH, "UPDATE banks SET changed = changed + 1 WHERE id = $1")
S(BANK_MARKS, "SELECT kind, SUM(changed) FROM banks GROUP BY kind")
S(BANK_ENTRY_ADD, "INSERT INTO bank_entries(bank, id, value, form, note, provenance, enabled, disabled_until, added_at)"
		  " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)")
S(BANK_ENTRY_REVIVE, "UPDATE bank_entries SET enabled = 1, disabled_until = NULL, note = COALESCE($4, note)"
		     " WHERE bank = $1 AND form = $2 AND value = $3 AND enabled = 0")
S(BANK_ENTRY_DROP, "DELETE FROM bank_entries WHERE bank = $1 AND id = $2")
S(BANK_ENTRY_ENABLE, "UPDATE bank_entries SET enabled = $3, disabled_until = $4 WHERE bank = $1 AND id = $2")
S(BANK_ENTRY_PAGE, "SELECT id, value, form, note, provenance, enabled, disabled_until, added_at FROM bank_entries"
		   " WHERE bank = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
S(BANK_ENTRY_LIVE, "SELECT id, value, form FROM bank_entries WHERE bank = $1"
		   " AND (enabled = 1 OR disabled_until <= $2)")
S(BANK_NEXT_ENABLE, "SELECT MIN(disabled_until) FROM bank_entries WHERE enabled = 0 AND disabled_until > $1")
