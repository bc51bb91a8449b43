/* What the command line and the figures read; nothing here writes but one count. */
S(INSPECT_ITEMS, "SELECT i.ext_id, i.version, i.kind, i.state, i.verdict, p.name, a.ext_id, i.live, i.received_at, i.id"
		 " FROM items i JOIN platforms p ON p.platform = i.platform"
		 " LEFT JOIN accounts a ON a.platform = i.platform AND a.id = i.account"
		 " WHERE ($1 = '' OR i.state = $1) AND ($2 = '' OR i.verdict = $2)"
		 " ORDER BY i.platform DESC, i.id DESC LIMIT $3")
S(INSPECT_CASES, "SELECT c.id, c.queue, c.state, c.severity, c.policy, c.subject_kind, COALESCE(i.ext_id, a.ext_id),"
		 " c.urgency, c.clock_at, c.opened_at, u.name FROM cases c"
		 " LEFT JOIN items i ON i.platform = c.platform AND i.id = c.subject"
		 " LEFT JOIN accounts a ON a.platform = c.platform AND a.id = c.subject"
		 " LEFT JOIN users u ON u.id = c.claimed_by"
		 " WHERE ($1 = '' OR c.queue = $1)"
		 " AND (c.state = $2 OR ($2 = '' AND c.state IN ('open', 'claimed')))"
		 " ORDER BY c.urgency DESC, c.opened_at LIMIT $3")
S(DRILL_ITEMS, "SELECT platform, id FROM items WHERE body IS NOT NULL ORDER BY platform DESC, id DESC LIMIT $1")
S(DRILL_MEDIA, "SELECT platform, id FROM media WHERE state <> 'erased' ORDER BY platform DESC, id LIMIT $1")
S(INSPECT_QUEUES, "SELECT q.name, q.title, q.skills,"
		  " SUM(CASE WHEN c.state = 'open' THEN 1 ELSE 0 END),"
		  " SUM(CASE WHEN c.state = 'claimed' THEN 1 ELSE 0 END),"
		  " SUM(CASE WHEN c.clock_at < $1 THEN 1 ELSE 0 END), MIN(c.opened_at)"
		  " FROM queues q LEFT JOIN cases c ON c.queue = q.name AND c.state IN ('open', 'claimed')"
		  " GROUP BY q.name, q.title, q.skills, q.position ORDER BY q.position, q.name")
S(INSPECT_CASE_NAMES, "SELECT p.name, COALESCE(i.ext_id, a.ext_id), u.name FROM cases c"
		      " JOIN platforms p ON p.platform = c.platform"
		      " LEFT JOIN items i ON i.platform = c.platform AND i.id = c.subject"
		      " LEFT JOIN accounts a ON a.platform = c.platform AND a.id = c.subject"
		      " LEFT JOIN users u ON u.id = c.claimed_by WHERE c.id = $1")
S(INSPECT_QUEUE_WAITS, "SELECT q.title, q.skills, COUNT(c.id) FROM queues q LEFT JOIN cases c ON c.queue = q.name"
		       " AND c.state IN ('open', 'claimed') WHERE q.skills <> ''"
		       " GROUP BY q.title, q.skills, q.position ORDER BY q.position")
S(INSPECT_CASES_LATE, "SELECT COUNT(*), MIN(clock_at) FROM cases WHERE state IN ('open', 'claimed') AND clock_at < $1")
S(INSPECT_CASE_STATES, "SELECT state, COUNT(*) FROM cases GROUP BY state")
S(INSPECT_KEYS_WITHOUT_ENDPOINT, "SELECT DISTINCT p.name FROM api_keys k JOIN platforms p ON p.platform = k.platform"
				 " WHERE k.revoked_at IS NULL AND k.live = 1 AND NOT EXISTS (SELECT 1 FROM endpoints e"
				 " WHERE e.platform = k.platform AND e.live = 1 AND e.enabled = 1)")
S(INSPECT_UNSEALED, "SELECT COUNT(*), MIN(at) FROM (SELECT at FROM decisions WHERE seq IS NULL"
		    " UNION ALL SELECT at FROM audit WHERE seq IS NULL)")
S(INSPECT_DUTIES, "SELECT name, until FROM duties ORDER BY name")
S(INSPECT_MEDIAN, "SELECT COUNT(*) FROM decisions WHERE at >= $1 AND at < $2 AND reviewer IS NOT NULL AND live = $3"
		  " AND queued_us >= 0")
S(INSPECT_MEDIAN_QUEUED, "SELECT queued_us FROM decisions WHERE at >= $1 AND at < $2 AND reviewer IS NOT NULL"
			 " AND live = $3 AND queued_us >= 0 ORDER BY queued_us LIMIT 1 OFFSET $4")
S(INSPECT_MEDIAN_DECIDED, "SELECT decided_in_us FROM decisions WHERE at >= $1 AND at < $2 AND reviewer IS NOT NULL"
			  " AND live = $3 AND queued_us >= 0 ORDER BY decided_in_us LIMIT 1 OFFSET $4")
S(ITEM_COUNT_GONE, "INSERT INTO counters(day, platform, live, name, policy, n)"
		   " SELECT $3, platform, live, $4, '', 1 FROM items WHERE platform = $1 AND id = $2"
		   " AND state <> 'deleted'"
		   " ON CONFLICT(day, platform, live, name, policy) DO UPDATE SET n = counters.n + 1")
