/* What searches and comments were told, in figures. */
S(ICOUNT_ADD, "INSERT INTO intervention_counts(platform, live, day, used, list, country, age_band, said, n)"
	      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	      " ON CONFLICT(platform, live, day, used, list, country, age_band, said) DO UPDATE SET"
	      " n = intervention_counts.n + excluded.n")
S(ICOUNT_LIST, "SELECT used, list, country, age_band, said, SUM(n) FROM intervention_counts WHERE live = 1 AND day >= $1"
	       " GROUP BY used, list, country, age_band, said ORDER BY used, SUM(n) DESC, list, country, age_band, said LIMIT $2")
S(ICOUNT_PRUNE, "DELETE FROM intervention_counts WHERE day < $1")
/* Accounts' own filters for comments; when they were last shown a notice. */
S(FILTER_GET, "SELECT words, said, approve_all, changed_at FROM account_filters WHERE platform = $1 AND account = $2")
S(FILTER_PUT, "INSERT INTO account_filters(platform, account, words, said, approve_all, changed_at)"
	      " VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(platform, account) DO UPDATE SET words = excluded.words,"
	      " said = excluded.said, approve_all = excluded.approve_all, changed_at = excluded.changed_at")
S(FILTER_ERASE, "DELETE FROM account_filters WHERE platform = $1 AND account = $2")
S(NOTICE_SHOWN, "SELECT at FROM notices_shown WHERE platform = $1 AND account = $2 AND notice = $3")
S(NOTICE_SHOW, "INSERT INTO notices_shown(platform, account, notice, at) VALUES($1, $2, $3, $4)"
	       " ON CONFLICT(platform, account, notice) DO UPDATE SET at = excluded.at")
S(NOTICE_ERASE, "DELETE FROM notices_shown WHERE platform = $1 AND account = $2")
