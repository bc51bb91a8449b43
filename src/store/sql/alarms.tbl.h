/* Alarms, their history and messages, and the switches. */
#define ALARM_COLS                                                                             \
	"id, kind, ref, text, state, owner, opened_at, changed_at, count, brief, told, told_at, flaps, closed_by"

S(ALARM_OPEN, "INSERT INTO alarms(id, kind, ref, text, brief, state, opened_at, changed_at, notify_at)"
	      " VALUES($1, $2, $3, $4, $5, 'open', $6, $6, $6) ON CONFLICT(kind, ref) WHERE state <> 'closed'"
	      " DO UPDATE SET count = alarms.count + 1, text = excluded.text, brief = excluded.brief,"
	      " changed_at = excluded.changed_at RETURNING id")
S(ALARM_SAY, "INSERT INTO alarms(id, kind, ref, text, brief, state, opened_at, changed_at, notify_at)"
	     " VALUES($1, $2, $3, $4, $5, 'open', $6, $6, $6) ON CONFLICT(kind, ref) WHERE state <> 'closed'"
	     " DO UPDATE SET text = excluded.text, brief = excluded.brief, changed_at = excluded.changed_at"
	     " WHERE alarms.text <> excluded.text RETURNING id")
/* The same again within minutes of its end ($6): the same alarm, and who was told is told later and once. */
S(ALARM_REOPEN,
    "UPDATE alarms SET state = CASE WHEN owner IS NULL THEN 'open' ELSE 'acknowledged' END, count = count + 1,"
    " flaps = flaps + 1, text = $3, brief = $4, changed_at = $5, closed_by = NULL, notify_at = CASE WHEN owner IS NULL"
    " THEN $5 + 60000000 * (1 + CASE WHEN flaps > 29 THEN 29 ELSE flaps END) END"
    " WHERE id = (SELECT id FROM alarms WHERE kind = $1 AND ref = $2 AND state = 'closed' AND closed_by = 'itself'"
    " AND changed_at > $6 ORDER BY changed_at DESC LIMIT 1)"
    " AND NOT EXISTS (SELECT 1 FROM alarms o WHERE o.kind = $1 AND o.ref = $2 AND o.state <> 'closed') RETURNING id")
S(ALARM_GET, "SELECT " ALARM_COLS " FROM alarms WHERE id = $1")
S(ALARM_ID_OF, "SELECT id FROM alarms WHERE kind = $1 AND ref = $2 AND state <> 'closed'")
S(ALARM_LIST, "SELECT " ALARM_COLS " FROM alarms"
	      " WHERE CASE $1 WHEN '' THEN state <> 'closed' ELSE state = $1 END"
	      " ORDER BY opened_at DESC LIMIT $2")
S(ALARM_SET, "UPDATE alarms SET state = $2, owner = COALESCE($3, owner), changed_at = $4, notify_at = NULL,"
	     " closed_by = CASE $2 WHEN 'closed' THEN 'person' END WHERE id = $1 AND state <> 'closed'")
S(ALARM_CLOSE, "UPDATE alarms SET state = 'closed', closed_by = 'itself', changed_at = $3, notify_at = CASE WHEN told > 0"
	       " THEN $3 + 60000000 * (1 + CASE WHEN flaps > 29 THEN 29 ELSE flaps END) END"
	       " WHERE kind = $1 AND ref = $2 AND state <> 'closed' RETURNING id")
S(ALARM_COUNT, "SELECT COUNT(*) FROM alarms WHERE state = 'open'")
S(ALARM_BY_KIND, "SELECT kind, COUNT(*) FROM alarms WHERE state = 'open' GROUP BY kind ORDER BY kind")
S(ALARM_NEWEST_OF, "SELECT text FROM alarms WHERE state = 'open' AND kind = $1 ORDER BY opened_at DESC LIMIT 1")
S(ALARM_REFS, "SELECT ref FROM alarms WHERE kind = $1 AND state <> 'closed' LIMIT 500")
S(ALARM_DUE, "SELECT " ALARM_COLS " FROM alarms WHERE notify_at <= $1 ORDER BY notify_at LIMIT $2")
S(ALARM_DUE_ANY, "SELECT 1 FROM alarms WHERE notify_at <= $1 UNION ALL SELECT 1 FROM alarm_notices WHERE state IN"
		 " ('waiting', 'leased') AND next_at <= $1 LIMIT 1")
S(ALARM_TOLD, "UPDATE alarms SET told = $2, told_at = $3, notify_at = $4 WHERE id = $1")

S(ALARM_EVENT_ADD, "INSERT INTO alarm_events(id, alarm, at, what, who) VALUES($1, $2, $3, $4, $5)")
S(ALARM_EVENT_LIST, "SELECT at, what, who FROM alarm_events WHERE alarm = $1 ORDER BY at DESC, id DESC LIMIT $2")
S(ALARM_EVENT_PRUNE, "DELETE FROM alarm_events WHERE id IN (SELECT e.id FROM alarm_events e JOIN alarms a"
		     " ON a.id = e.alarm WHERE a.state = 'closed' AND a.changed_at < $1 LIMIT $2)")

#define NOTICE_COLS "id, alarm, what, channel, who, state, attempts, created_at, next_at, sent_at, error"
S(NOTICE_ADD, "INSERT INTO alarm_notices(id, alarm, what, channel, who, state, created_at, next_at)"
	      " VALUES($1, $2, $3, $4, $5, 'waiting', $6, $6)")
S(NOTICE_DUE, "SELECT DISTINCT channel, who FROM alarm_notices WHERE state IN ('waiting', 'leased') AND next_at <= $1")
S(NOTICE_LEASE,
    "UPDATE alarm_notices SET state = 'leased', attempts = attempts + 1, next_at = $4, batch = $5 WHERE id IN"
    " (SELECT id FROM alarm_notices WHERE channel = $1 AND who = $2 AND state IN ('waiting', 'leased')"
    " AND next_at <= $3 ORDER BY created_at, id LIMIT $6) RETURNING " NOTICE_COLS)
S(NOTICE_SENT, "UPDATE alarm_notices SET state = 'sent', sent_at = $2, error = NULL WHERE batch = $1 AND state = 'leased'")
S(NOTICE_FAILED, "UPDATE alarm_notices SET state = CASE WHEN created_at < $4 THEN 'dead' ELSE 'waiting' END, next_at = $2,"
		 " error = $3 WHERE batch = $1 AND state = 'leased'")
S(NOTICE_OF_BATCH, "SELECT " NOTICE_COLS " FROM alarm_notices WHERE batch = $1 ORDER BY created_at LIMIT $2")
S(NOTICE_LIST, "SELECT " NOTICE_COLS " FROM alarm_notices WHERE alarm = $1 ORDER BY created_at, id LIMIT $2")
S(NOTICE_SENT_SINCE, "SELECT COUNT(DISTINCT batch), COALESCE(MAX(sent_at), 0) FROM alarm_notices WHERE channel = $1"
		     " AND who = $2 AND state = 'sent' AND sent_at > $3")
S(NOTICE_WAITS, "UPDATE alarm_notices SET next_at = $3 WHERE channel = $1 AND who = $2 AND state = 'waiting'"
		" AND next_at < $3")
S(NOTICE_DROP_OF, "DELETE FROM alarm_notices WHERE alarm = $1 AND state = 'waiting' AND what <> 'test'")
S(NOTICE_FAILING, "SELECT channel, who, COUNT(*), MAX(attempts), MAX(error) FROM alarm_notices WHERE"
		  " state IN ('waiting', 'leased', 'dead') AND error IS NOT NULL AND created_at > $1 GROUP BY channel, who"
		  " ORDER BY channel, who LIMIT 20")
S(NOTICE_PRUNE, "DELETE FROM alarm_notices WHERE id IN (SELECT id FROM alarm_notices WHERE created_at < $1"
		" AND state IN ('sent', 'dead') LIMIT $2)")

S(SWITCH_GET, "SELECT value FROM switches WHERE name = $1")
S(SWITCH_LIST, "SELECT name, value, set_by, at FROM switches ORDER BY name")
S(SWITCH_SET, "INSERT INTO switches(name, value, set_by, at) VALUES($1, $2, $3, $4) ON CONFLICT(name) DO UPDATE SET"
	      " value = excluded.value, set_by = excluded.set_by, at = excluded.at")
#undef ALARM_COLS
#undef NOTICE_COLS
