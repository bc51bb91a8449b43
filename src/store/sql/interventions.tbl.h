/* What searches and comments were told, in figures. */
S(ICOUNT_ADD, "INSERT INTO intervention_counts(platform, live, day, used, list, country, age_band, said, n)"
	      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	      " ON CONFLICT(platform, live, day, used, list, country, age_band, said) DO UPDATE SET"
	      " n = intervention_counts.n + excluded.n")
S(ICOUNT_LIST, "SELECT used, list, country, age_band, said, SUM(n) FROM intervention_counts WHERE platform = $1 AND live = 1"
	       " AND day >= $2 GROUP BY used, list, country, age_band, said ORDER BY used, SUM(n) DESC, list, country, age_band, said"
	       " LIMIT $3")
S(ICOUNT_PRUNE, "DELETE FROM intervention_counts WHERE day < $1")
