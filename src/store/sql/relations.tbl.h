/* What accounts are to each other, and the numbers by which they are known here. */
S(ACCOUNT_REF, "SELECT id, number, age_band, state, language, country FROM accounts WHERE platform = $1 AND livemode = $2 AND ext_id = $3")
S(ACCOUNT_NUMBER_SET, "UPDATE accounts SET number = (SELECT COALESCE(MAX(n), 0) + 1 FROM (SELECT MAX(number) AS n FROM accounts"
		      " UNION ALL SELECT MAX(number) FROM relation_orphans) AS used)"
		      " WHERE platform = $1 AND id = $2 AND number IS NULL")
S(ACCOUNT_NUMBER, "SELECT number FROM accounts WHERE platform = $1 AND id = $2")
S(ACCOUNT_BY_NUMBER, "SELECT id, ext_id FROM accounts WHERE number = $1")
S(RELATION_GET, "SELECT low_contact, high_contact, low_follow, low_request, low_decline, low_block, low_limit, high_follow, high_request,"
		" high_decline, high_block, high_limit FROM relations WHERE platform = $1 AND low = $2 AND high = $3")
S(RELATION_ADD, "INSERT INTO relations(platform, low, high, low_contact, high_contact, low_follow, low_request, low_decline, low_block, low_limit,"
		" high_follow, high_request, high_decline, high_block, high_limit, over_at)"
		" VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
		" ON CONFLICT(platform, low, high) DO NOTHING")
S(RELATION_SET, "UPDATE relations SET low_contact = $4, high_contact = $5, low_follow = $6, low_request = $7, low_decline = $8,"
		" low_block = $9, low_limit = $10, high_follow = $11, high_request = $12, high_decline = $13, high_block = $14,"
		" high_limit = $15, over_at = $16 WHERE platform = $1 AND low = $2 AND high = $3")
S(RELATION_END_ADD, "INSERT INTO relation_ends(platform, high, low) VALUES($1, $2, $3) ON CONFLICT(platform, high, low) DO NOTHING")
S(RELATION_DROP, "DELETE FROM relations WHERE platform = $1 AND low = $2 AND high = $3")
S(RELATION_END_DROP, "DELETE FROM relation_ends WHERE platform = $1 AND high = $2 AND low = $3")
S(RELATION_ABOVE, "SELECT low_contact, high_contact, low_follow, low_request, low_decline, low_block, low_limit, high_follow, high_request,"
		  " high_decline, high_block, high_limit, high FROM relations WHERE platform = $1 AND low = $2 AND high > $3"
		  " ORDER BY high LIMIT $4")
S(RELATION_BELOW, "SELECT low FROM relation_ends WHERE platform = $1 AND high = $2 AND low > $3 ORDER BY low LIMIT $4")
S(RELATION_OVER, "SELECT platform, low, high FROM relations WHERE over_at < $1 ORDER BY over_at LIMIT $2")
S(ORPHAN_ADD, "INSERT INTO relation_orphans(number, platform) SELECT number, platform FROM accounts"
	      " WHERE platform = $1 AND id = $2 AND number IS NOT NULL")
S(ORPHAN_CUT, "UPDATE accounts SET number = NULL WHERE platform = $1 AND id = $2")
S(ORPHAN_NEXT, "SELECT number, platform FROM relation_orphans ORDER BY number LIMIT 1")
S(ORPHAN_DONE, "DELETE FROM relation_orphans WHERE number = $1")
S(RELATION_LOAD_GET, "SELECT bytes, lines, applied, refused FROM relation_loads WHERE platform = $1 AND livemode = $2 AND print = $3")
S(RELATION_LOAD_PUT, "INSERT INTO relation_loads(platform, livemode, print, bytes, lines, applied, refused)"
		     " VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(platform, livemode, print) DO UPDATE SET bytes = excluded.bytes,"
		     " lines = excluded.lines, applied = excluded.applied, refused = excluded.refused")
S(RELATION_LOAD_END, "DELETE FROM relation_loads WHERE platform = $1 AND livemode = $2 AND print = $3")
