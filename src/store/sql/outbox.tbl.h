/* Deliveries, the endpoints that they go to, alarms and switches. */
#define OUTBOX_COLS                                                                            \
	"id, platform, live, kind, subject_key, cause, event_seq, body, created_at, not_before, state, attempts,"  \
	" next_at, delivered_at, status, error"

S(OUTBOX_ADD, "INSERT INTO outbox(id, platform, live, kind, subject_key, cause, body, created_at, not_before, state,"
	      " next_at) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)")
S(OUTBOX_GET, "SELECT " OUTBOX_COLS " FROM outbox WHERE id = $1")
S(OUTBOX_OF_CAUSE, "SELECT " OUTBOX_COLS " FROM outbox WHERE cause = $1 ORDER BY created_at, id LIMIT 100")
/* Numbered means due: its moment has come and its decision is sealed. Nothing of a subject overtakes an earlier row. */
S(OUTBOX_LEASE,
    "UPDATE outbox SET state = 'leased', attempts = attempts + 1, next_at = $2, lease_until = $2"
    " WHERE id IN (SELECT o.id FROM outbox o WHERE o.state IN ('waiting', 'leased') AND o.next_at <= $1"
    " AND o.event_seq IS NOT NULL AND o.platform * 2 + o.live NOT IN ($4, $5, $6, $7, $8, $9, $10, $11)"
    " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.platform = o.platform"
    " AND e.subject_key = o.subject_key AND e.created_at <= o.created_at AND e.state IN ('waiting', 'leased')"
    " AND (e.created_at < o.created_at OR e.id < o.id)) ORDER BY o.next_at LIMIT $3)"
    " RETURNING " OUTBOX_COLS)
S(OUTBOX_SET, "UPDATE outbox SET state = $2, attempts = $3, next_at = $4, lease_until = NULL, delivered_at = $5,"
	      " status = $6, error = $7 WHERE id = $1")
/* What a courier reports: success always counts, failure only under its own lease (try number $8). */
S(OUTBOX_TRIED,
    "UPDATE outbox SET state = $2, attempts = $3, next_at = $4, lease_until = NULL, delivered_at = $5,"
    " status = $6, error = $7 WHERE id = $1 AND state IN ('leased', 'waiting', 'dead')"
    " AND (state = 'leased' AND attempts = $8 OR $5 IS NOT NULL)")
S(OUTBOX_DUE, "SELECT 1 FROM outbox WHERE state IN ('waiting', 'leased') AND next_at <= $1"
	      " AND event_seq IS NOT NULL LIMIT 1")
S(OUTBOX_LATER_DONE, "SELECT 1 FROM outbox l JOIN outbox o ON l.platform = o.platform AND l.subject_key = o.subject_key"
		     " AND l.kind = o.kind AND l.created_at >= o.created_at AND l.id <> o.id"
		     " AND l.state = 'delivered' WHERE o.id = $1 LIMIT 1")
S(OUTBOX_UNNUMBERED,
    "SELECT o.id, o.not_before <= $1"
    " AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = o.cause AND d.seq IS NULL)"
    " AND NOT EXISTS (SELECT 1 FROM actions a JOIN decisions d ON d.id = a.decision"
    " WHERE a.id = o.cause AND d.seq IS NULL), o.platform, o.subject_key"
    " FROM outbox o WHERE o.event_seq IS NULL AND o.state = 'waiting' ORDER BY o.created_at, o.id LIMIT $2")
S(OUTBOX_LAST_NUMBER, "SELECT MAX(event_seq) FROM outbox")
S(OUTBOX_NUMBER, "UPDATE outbox SET event_seq = $2 WHERE id = $1 AND event_seq IS NULL")
S(OUTBOX_EVENTS, "SELECT " OUTBOX_COLS " FROM outbox WHERE event_seq > $3 AND platform = $1 AND live = $2"
		 " ORDER BY event_seq LIMIT $4")
S(OUTBOX_COUNTS, "SELECT state, COUNT(*) FROM outbox GROUP BY state")
S(OUTBOX_PRUNE, "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE created_at < $1"
		" AND state IN ('delivered', 'cancelled') AND (event_seq IS NULL OR event_seq <"
		" (SELECT MAX(event_seq) FROM outbox)) LIMIT $2)")

S(ENDPOINT_ADD, "INSERT INTO endpoints(id, platform, live, url, secret, private_ok, created_at)"
		" VALUES($1, $2, $3, $4, $5, $6, $7)")
S(ENDPOINT_OFF, "UPDATE endpoints SET enabled = 0 WHERE platform = $1 AND live = $2 AND enabled = 1")
S(ENDPOINT_DISABLE, "UPDATE endpoints SET enabled = 0 WHERE id = $1 AND enabled = 1")
S(ENDPOINT_OFF_BESIDE, "UPDATE endpoints SET enabled = 0 WHERE id <> $1 AND enabled = 1 AND EXISTS (SELECT 1 FROM endpoints g"
		       " WHERE g.id = $1 AND g.platform = endpoints.platform AND g.live = endpoints.live)")
S(ENDPOINT_ENABLE, "UPDATE endpoints SET enabled = 1 WHERE id = $1 RETURNING platform, live")
S(ENDPOINT_ROTATE, "UPDATE endpoints SET secret_old = secret, secret = $2, old_until = $3"
		   " WHERE id = $1 AND enabled = 1")
S(ENDPOINT_FIND, "SELECT id, platform, live, url, secret, secret_old, old_until, private_ok, enabled, created_at"
		 " FROM endpoints WHERE platform = $1 AND live = $2 AND enabled = 1"
		 " ORDER BY created_at DESC, id DESC LIMIT 1")
S(ENDPOINT_LIST, "SELECT id, platform, live, url, secret, secret_old, old_until, private_ok, enabled, created_at"
		 " FROM endpoints ORDER BY platform, live DESC, created_at DESC LIMIT 1000")
S(ENDPOINT_WAKE, "UPDATE outbox SET next_at = $3 WHERE platform = $1 AND live = $2 AND state = 'waiting'"
		 " AND next_at > $3 AND event_seq IS NOT NULL")

#undef OUTBOX_COLS
