/* Alarms and switches. */
S(ALARM_OPEN, "INSERT INTO alarms(id, kind, ref, text, state, opened_at, changed_at) VALUES($1, $2, $3, $4, 'open', $5,"
	      " $5) ON CONFLICT(kind, ref) WHERE state <> 'closed' DO UPDATE SET count = alarms.count + 1,"
	      " text = excluded.text, changed_at = excluded.changed_at RETURNING id, count")
S(ALARM_SAY, "INSERT INTO alarms(id, kind, ref, text, state, opened_at, changed_at) VALUES($1, $2, $3, $4, 'open', $5,"
	     " $5) ON CONFLICT(kind, ref) WHERE state <> 'closed' DO UPDATE SET text = excluded.text,"
	     " changed_at = excluded.changed_at WHERE alarms.text <> excluded.text")
S(ALARM_GET, "SELECT id, kind, ref, text, state, owner, opened_at, changed_at, count FROM alarms WHERE id = $1")
S(ALARM_LIST, "SELECT id, kind, ref, text, state, owner, opened_at, changed_at, count FROM alarms"
	      " WHERE CASE $1 WHEN '' THEN state <> 'closed' ELSE state = $1 END"
	      " ORDER BY opened_at DESC LIMIT $2")
S(ALARM_SET, "UPDATE alarms SET state = $2, owner = COALESCE($3, owner), changed_at = $4 WHERE id = $1"
	     " AND state <> 'closed'")
S(ALARM_CLOSE, "UPDATE alarms SET state = 'closed', changed_at = $3 WHERE kind = $1 AND ref = $2"
	       " AND state <> 'closed'")
S(ALARM_COUNT, "SELECT COUNT(*) FROM alarms WHERE state <> 'closed' AND state = 'open'")
S(SWITCH_GET, "SELECT value FROM switches WHERE name = $1")
S(SWITCH_LIST, "SELECT name, value, set_by, at FROM switches ORDER BY name")
S(SWITCH_SET, "INSERT INTO switches(name, value, set_by, at) VALUES($1, $2, $3, $4) ON CONFLICT(name) DO UPDATE SET"
	      " value = excluded.value, set_by = excluded.set_by, at = excluded.at")
