/* What the platform's API reads of an item: counters, versions, its trail. */
S(ITEM_COUNTERS_GET, "SELECT views, engagement, account FROM items WHERE platform = $1 AND id = $2")
S(ITEM_VERSIONS, "SELECT id, version FROM items WHERE platform = $1 AND live = $2 AND ext_id = $3 AND version > $4"
		 " ORDER BY version LIMIT 256")
S(TRAIL_FLAGS, "SELECT id, ext_id, kind, policy, received_at, case_id, outcome FROM flags"
	       " WHERE platform = $1 AND subject_kind = 'item' AND subject = $2 ORDER BY received_at, id LIMIT 200")
S(TRAIL_CASES, "SELECT id, queue, state, policy, severity, urgency, clock_at, opened_at FROM cases"
	       " WHERE platform = $1 AND subject_kind = 'item' AND subject = $2 ORDER BY opened_at LIMIT 100")
S(FLAG_AGAIN, "SELECT id, subject, kind, received_at, case_id FROM flags WHERE platform = $1 AND live = $2"
	      " AND ext_id = $3")
S(METRIC_COUNTERS, "SELECT name, policy, live, SUM(n) FROM counters WHERE day >= $1 GROUP BY name, policy, live"
		   " ORDER BY name, policy, live")
S(METRIC_CASES, "SELECT queue, state, COUNT(*) FROM cases WHERE state IN ('open', 'claimed') GROUP BY queue, state"
		" ORDER BY queue, state")
S(JOBS_OVER, "SELECT 1 FROM jobs WHERE state <> 'buried' ORDER BY run_at LIMIT 1 OFFSET $1")
