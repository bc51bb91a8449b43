/* Figures by minute, signs of life, deadlines: what the watch rules look at. */
S(VITAL_ADD, "INSERT INTO vitals(name, minute, value) VALUES($1, $2, $3) ON CONFLICT(name, minute) DO UPDATE SET"
	     " value = vitals.value + excluded.value")
S(VITAL_SET, "INSERT INTO vitals(name, minute, value) VALUES($1, $2, $3) ON CONFLICT(name, minute) DO UPDATE SET"
	     " value = excluded.value")
S(VITAL_SUM, "SELECT COALESCE(SUM(value), 0) FROM vitals WHERE name = $1 AND minute >= $2")
S(VITAL_OLDEST, "SELECT value, minute FROM vitals WHERE name = $1 AND minute >= $2 ORDER BY minute LIMIT 1")
S(VITAL_PRUNE, "DELETE FROM vitals WHERE minute < $1 OR minute > $2")
S(BEAT, "INSERT INTO beats(role, at, started_at, pid) VALUES($1, $2, $3, $4) ON CONFLICT(role) DO UPDATE SET"
	" at = excluded.at, started_at = excluded.started_at, pid = excluded.pid")
S(BEAT_GONE, "DELETE FROM beats WHERE role = $1 AND pid = $2")
S(BEAT_LIST, "SELECT role, at, started_at, pid FROM beats ORDER BY role")
S(DEADLINE_SET, "INSERT INTO deadlines(kind, ref, warn_at, due_at) VALUES($1, $2, $3, $4) ON CONFLICT(kind, ref) DO UPDATE"
		" SET warn_at = excluded.warn_at, due_at = excluded.due_at")
S(DEADLINE_FORGET, "DELETE FROM deadlines WHERE kind = $1 AND ref = $2")
S(DEADLINE_PAST, "SELECT kind, ref, due_at FROM deadlines WHERE warn_at <= $1 ORDER BY due_at LIMIT 100")
S(DEADLINE_OVER, "SELECT a.kind, a.ref FROM alarms a JOIN deadlines d ON d.kind = a.kind AND d.ref = a.ref"
		 " WHERE a.state <> 'closed' AND d.warn_at > $1 LIMIT 100")
/* The watch rules' questions. */
S(WATCH_DELIVERIES, "SELECT COUNT(*), MIN(at) FROM (SELECT o.not_before AS at FROM outbox o WHERE o.state IN"
		    " ('waiting', 'leased') AND o.event_seq IS NOT NULL AND o.not_before <= $1 AND EXISTS (SELECT 1"
		    " FROM endpoints e WHERE e.platform = o.platform AND e.live = o.live AND e.enabled = 1) LIMIT 10000) x")
S(WATCH_CASES_NEAR,
    "SELECT q.name, q.title, COUNT(c.id) FROM queues q LEFT JOIN cases c ON c.queue = q.name AND c.state = 'open'"
    " AND c.live = 1 AND c.clock_at > $1 AND c.clock_at <= $2 AND (c.clock_at - $1) * 4 <= c.clock_at - c.opened_at GROUP BY q.name, q.title ORDER BY q.name"
    " LIMIT 100")
S(WATCH_ENDPOINT_BACK, "SELECT 1 FROM endpoints g JOIN endpoints e ON e.platform = g.platform AND e.live = g.live"
		       " AND e.enabled = 1 WHERE g.id = $1 LIMIT 1")
S(WATCH_KEYS, "SELECT id, prefix, expires_at FROM api_keys WHERE live = 1 AND expires_at < $1 AND expires_at > $2"
	      " AND revoked_at IS NULL AND replaced_by IS NULL ORDER BY expires_at LIMIT 100")
S(WATCH_QUEUE_OPEN, "SELECT q.name, q.title, COUNT(c.id) FROM queues q LEFT JOIN cases c ON c.queue = q.name AND c.live = 1"
		    " AND c.state IN ('open', 'claimed') GROUP BY q.name, q.title ORDER BY q.name LIMIT 100")
S(WATCH_QUEUE_FLOW, "SELECT COUNT(CASE WHEN opened_at > $2 THEN 1 END), COUNT(CASE WHEN state IN ('decided', 'closed')"
		    " AND updated_at > $2 THEN 1 END) FROM cases WHERE queue = $1 AND live = 1 AND updated_at > $2")
