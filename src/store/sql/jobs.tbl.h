/* The scan queue: ready -> leased(deadline) -> done (row gone) | delayed(backoff) | buried(reason). */
S(JOB_ADD, "INSERT INTO jobs(platform, item, kind, run_at, state) VALUES($1, $2, $3, $4, 'ready')"
	   " ON CONFLICT(platform, item) DO UPDATE SET kind = excluded.kind, run_at = excluded.run_at,"
	   " state = 'ready', lease = NULL, tries = 0, reason = NULL")
/*
 * Once more. Who holds a lease keeps it, and when it ends the job is ready again: reports that come while an item is
 * scanned take nobody's work away, and add no tries. What is buried stays so: only a person digs it up.
 */
S(JOB_AGAIN, "INSERT INTO jobs(platform, item, kind, run_at, state) VALUES($1, $2, 'rescan', $3, 'ready')"
	     " ON CONFLICT(platform, item) DO UPDATE SET kind = CASE WHEN jobs.state = 'leased' THEN 'again'"
	     " ELSE 'rescan' END")
/* Because a bank has grown: whatever else asked for the item has its way. */
S(JOB_FOUND, "INSERT INTO jobs(platform, item, kind, run_at, state) VALUES($1, $2, 'found', $3, 'ready')"
	     " ON CONFLICT(platform, item) DO UPDATE SET kind = CASE WHEN jobs.state = 'leased' THEN 'again'"
	     " ELSE jobs.kind END")
S(JOB_READY, "UPDATE jobs SET kind = 'rescan', state = 'ready', lease = NULL, run_at = $4, tries = 0"
	     " WHERE platform = $1 AND item = $2 AND lease = $3 AND kind = 'again'")
S(JOB_LEASE, "UPDATE jobs SET state = 'leased', lease = $1, run_at = $2, tries = tries + 1,"
	     " kind = CASE WHEN kind IN ('scan', 'found') THEN kind ELSE 'rescan' END"
	     " WHERE rowid IN (SELECT rowid FROM jobs WHERE run_at <= $3 AND state <> 'buried'"
	     " ORDER BY run_at LIMIT $4) RETURNING platform, item, kind, tries")
S(JOB_LEASE_ONE, "UPDATE jobs SET state = 'leased', lease = $1, run_at = $2, tries = tries + 1,"
		 " kind = CASE WHEN kind IN ('scan', 'found') THEN kind ELSE 'rescan' END"
		 " WHERE platform = $3 AND item = $4 AND state IN ('ready', 'delayed')"
		 " RETURNING platform, item, kind, tries")
S(JOB_RENEW, "UPDATE jobs SET run_at = $4 WHERE platform = $1 AND item = $2 AND lease = $3 AND state = 'leased'")
S(JOB_BACK, "UPDATE jobs SET state = 'ready', lease = NULL, run_at = $4, tries = tries - 1"
	    " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_DONE, "DELETE FROM jobs WHERE platform = $1 AND item = $2 AND lease = $3 AND kind <> 'again'")
S(JOB_DELAY, "UPDATE jobs SET state = 'delayed', lease = NULL, run_at = $4, reason = $5"
	     " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_BURY, "UPDATE jobs SET state = 'buried', lease = NULL, reason = $4"
	    " WHERE platform = $1 AND item = $2 AND lease = $3")
S(JOB_DROP, "DELETE FROM jobs WHERE platform = $1 AND item = $2")
S(JOB_DEPTH, "SELECT state, COUNT(*), MIN(run_at) FROM jobs GROUP BY state")
