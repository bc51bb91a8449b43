/* Clips of moments that are due; whoever takes one moves its time to the end of the lease. */
S(MOMENTS_ASK, "INSERT INTO moments(platform, media, cuts, run_at) VALUES($1, $2, $3, $4)"
	       " ON CONFLICT(platform, media) DO UPDATE SET cuts = excluded.cuts, run_at = excluded.run_at, tries = 0"
	       " WHERE moments.cuts <> excluded.cuts")
S(MOMENTS_DUE, "SELECT 1 FROM moments WHERE run_at <= $1 LIMIT 1")
S(MOMENTS_LEASE, "UPDATE moments SET run_at = $2, tries = tries + 1 WHERE (platform, media) IN"
		 " (SELECT platform, media FROM moments WHERE run_at <= $1 ORDER BY run_at LIMIT 1)"
		 " RETURNING platform, media, cuts, tries")
S(MOMENTS_BACK, "UPDATE moments SET run_at = $4, tries = $5 WHERE platform = $1 AND media = $2 AND cuts = $3")
S(MOMENTS_DONE, "DELETE FROM moments WHERE platform = $1 AND media = $2 AND cuts = $3")
S(MOMENTS_FILM, "UPDATE media SET film = $3 WHERE platform = $1 AND id = $2 AND state <> 'erased' AND film IS NOT NULL")
