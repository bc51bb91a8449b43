/* Platforms and accounts. */
S(PLATFORM_ADD, "INSERT INTO platforms(platform, name, created_at)"
		" SELECT COALESCE(MAX(platform), 0) + 1, $1, $2 FROM platforms RETURNING platform")
S(PLATFORM_BY_NAME, "SELECT platform FROM platforms WHERE name = $1")
S(PLATFORM_NAME, "SELECT name FROM platforms WHERE platform = $1")
S(PLATFORM_LIST, "SELECT platform, name, created_at FROM platforms ORDER BY platform")
S(ACCOUNT_BY_EXT, "SELECT id FROM accounts WHERE platform = $1 AND livemode = $2 AND ext_id = $3")
S(ACCOUNT_ADD, "INSERT INTO accounts(platform, id, ext_id, livemode, seen_at, updated_at)"
	       " VALUES($1, $2, $3, $4, $5, $5) ON CONFLICT(platform, livemode, ext_id) DO NOTHING")
S(ACCOUNT_SET, "UPDATE accounts SET age_band = $3, age_assured = $4, birth_month = $5, country = $6, language = $7,"
	       " name = $8, created_at = $9, settings = $10, updated_at = $11,"
	       " state = CASE WHEN state = 'deleted' THEN 'active' ELSE state END"
	       " WHERE platform = $1 AND id = $2")
S(ACCOUNT_GET, "SELECT ext_id, age_band, age_assured, birth_month, country, language, name, created_at, settings,"
	       " state, strikes, livemode FROM accounts WHERE platform = $1 AND id = $2")
S(ACCOUNT_BAND, "SELECT age_band FROM accounts WHERE platform = $1 AND id = $2")
S(ACCOUNT_ERASE, "UPDATE accounts SET age_band = 'unknown', age_assured = 'none', birth_month = NULL, country = NULL,"
		 " language = NULL, name = NULL, created_at = NULL, settings = NULL, state = 'deleted',"
		 " age_state = 'unknown', age_confidence = NULL, age_since = NULL, age_offer = NULL, age_before = NULL,"
		 " age_due = NULL, updated_at = $3 WHERE platform = $1 AND id = $2")
S(ACCOUNT_ITEMS, "SELECT id FROM items WHERE platform = $1 AND account = $2 AND id > $3 ORDER BY id LIMIT $4")
S(ACCOUNT_STATE_SET, "UPDATE accounts SET state = $3, updated_at = $4 WHERE platform = $1 AND id = $2")
/* A duty: until it ends at the earliest, and not beyond the day that it must end. What holds a stream holds its segments. */
S(HOLD_ON, "SELECT basis, max_until FROM holds WHERE platform = $1 AND subject_kind = $2 AND subject IN (SELECT $3"
	   " UNION ALL SELECT g.stream FROM stream_segments g WHERE g.platform = $1 AND g.item = $3)"
	   " AND (min_until IS NULL OR min_until > $4)"
	   " AND lifted_at IS NULL AND (max_until IS NULL OR max_until > $4) LIMIT 1")
S(HOLD_ADD, "INSERT INTO holds(id, platform, subject_kind, subject, basis, min_until, max_until, placed_at)"
	    " VALUES($1, $2, $3, $4, $5, $6, $7, $8)")
