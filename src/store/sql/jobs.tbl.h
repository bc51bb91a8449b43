/* The scan queue: ready -> leased(deadline) -> done (row gone) | delayed(backoff) | buried(reason). */
S(JOB_ADD, "INSERT INTO jobs(platform, item, kind, run_at, state) VALUES($1, $2, $3, $4, 'ready')"
	   " ON CONFLICT(platform, item) DO UPDATE SET kind = excluded.kind, run_at = excluded.run_at,"
	   " state = 'ready', lease = NULL, tries = 0, reason = NULL")
/* Once more, though a scan may be under way; its tries stay, so that nothing poisonous is scanned for ever. */
S(JOB_AGAIN, "INSERT INTO jobs(platform, item, kind, run_at, state) VALUES($1, $2, 'rescan', $3, 'ready')"
	     " ON CONFLICT(platform, item) DO UPDATE SET kind = 'rescan', run_at = excluded.run_at,"
	     " state = 'ready', lease = NULL, reason = NULL")
S(JOB_LEASE, "UPDATE jobs SET state = 'leased', lease = $1, run_at = $2, tries = tries + 1"
	     " WHERE rowid IN (SELECT rowid FROM jobs WHERE run_at <= $3 AND state <> 'buried'"
	     " ORDER BY run_at LIMIT $4) RETURNING platform, item, kind, tries")
S(JOB_LEASE_ONE, "UPDATE jobs SET state = 'leased', lease = $1, run_at = $2, tries = tries + 1"
		 " WHERE platform = $3 AND item = $4 AND state IN ('ready', 'delayed')"
		 " RETURNING platform, item, kind, tries")
S(JOB_RENEW, "UPDATE jobs SET run_at = $4 WHERE platform = $1 AND item = $2 AND lease = $3 AND state = 'leased'")
S(JOB_BACK, "UPDATE jobs SET state = 'ready', lease = NULL, run_at = $4, tries = tries - 1"
	    " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_DONE, "DELETE FROM jobs WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_DELAY, "UPDATE jobs SET state = 'delayed', lease = NULL, run_at = $4, reason = $5"
	     " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_BURY, "UPDATE jobs SET state = 'buried', lease = NULL, reason = $4"
	    " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_DROP, "DELETE FROM jobs WHERE platform = $1 AND item = $2")
S(JOB_DEPTH, "SELECT state, COUNT(*), MIN(run_at) FROM jobs GROUP BY state")
