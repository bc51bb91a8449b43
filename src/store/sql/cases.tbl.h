/* Cases: order, claims, causes, notes; queues; flags; reveals. */
#define CASE_COLUMNS                                                                           \
	"id, platform, live, subject_kind, subject, account, queue, state, policy, severity,"  \
	" urgency, confidence, reach, clock_at, opened_at, updated_at, claimed_by, claimed_at," \
	" claim_until, decision, seen_whole"
S(CASE_GET, "SELECT " CASE_COLUMNS " FROM cases WHERE id = $1")
S(CASE_OF_SUBJECT, "SELECT " CASE_COLUMNS " FROM cases WHERE platform = $1 AND subject_kind = $2"
		   " AND subject = $3 AND state IN ('open', 'claimed')")
S(CASE_ADD, "INSERT INTO cases(" CASE_COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
	    " $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)")
/* Guarded by the state and holder that the caller saw: nobody's change is overwritten unseen. */
S(CASE_PUT, "UPDATE cases SET queue = $4, state = $5, policy = $6, severity = $7, urgency = $8,"
	    " confidence = $9, reach = $10, clock_at = $11, updated_at = $12, claimed_by = $13,"
	    " claimed_at = $14, claim_until = $15, decision = $16, seen_whole = $17"
	    " WHERE id = $1 AND state = $2 AND claimed_by IS NOT DISTINCT FROM $3")
/* The most urgent open cases of a queue that this person has not set aside since $3. */
S(CASE_TOP, "SELECT id, urgency, opened_at, policy FROM cases c WHERE queue = $1 AND state = 'open' AND live = $4"
	    " AND NOT EXISTS (SELECT 1 FROM case_notes n WHERE n.case_id = c.id AND n.kind = 'skip'"
	    " AND n.author = $2 AND n.at > $3) ORDER BY urgency DESC, opened_at LIMIT 5000")
S(CASE_OPEN_COUNT, "SELECT policy, COUNT(*) FROM cases WHERE queue = $1 AND state = 'open' GROUP BY policy")
S(CASE_HELD_BY, "SELECT " CASE_COLUMNS " FROM cases WHERE state = 'claimed' AND claimed_by = $1"
		" AND claim_until > $2 ORDER BY claimed_at DESC LIMIT 1")
S(CASE_LAPSED, "SELECT id FROM cases WHERE state = 'claimed' AND claim_until <= $1 ORDER BY claim_until LIMIT $2")
/* Decided cases whose undo window is over and whose actions all have an end. */
S(CASE_SETTLED, "SELECT c.id FROM cases c JOIN decisions d ON d.id = c.decision"
		" WHERE c.state = 'decided' AND d.effective_at <= $1 AND NOT EXISTS (SELECT 1 FROM actions a"
		" WHERE a.decision = d.id AND a.state IN ('waiting', 'sent', 'held')) LIMIT $2")
S(CASE_CAUSE_ADD, "INSERT INTO case_causes(case_id, n, kind, ref, policy, detail, at)"
		  " SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, $5, $6 FROM case_causes WHERE case_id = $1"
		  " HAVING NOT EXISTS (SELECT 1 FROM case_causes WHERE case_id = $1 AND kind = $2 AND ref = $3)")
S(CASE_OPEN_OF_ACCOUNT, "SELECT subject_kind, subject FROM cases WHERE platform = $1 AND account = $2"
			" AND state IN ('open', 'claimed') LIMIT 256")
S(CASE_CAUSES_TAKE, "INSERT INTO case_causes(case_id, n, kind, ref, policy, detail, at)"
		    " SELECT $1, n.n + (SELECT MAX(o.n) FROM case_causes o WHERE o.case_id = $1), n.kind, n.ref,"
		    " n.policy, n.detail, n.at FROM case_causes n WHERE n.case_id = $2")
S(CASE_CAUSES, "SELECT kind, ref, policy, detail, at FROM case_causes WHERE case_id = $1 ORDER BY n")
S(CASE_NOTE_ADD, "INSERT INTO case_notes(case_id, id, author, kind, body, at) VALUES($1, $2, $3, $4, $5, $6)")
S(CASE_DRAFT_DROP, "DELETE FROM case_notes WHERE case_id = $1 AND kind = 'draft'")
S(CASE_DRAFT, "SELECT body FROM case_notes WHERE case_id = $1 AND kind = 'draft' ORDER BY id DESC LIMIT 1")
S(CASE_NOTES, "SELECT n.id, u.name, n.kind, n.body, n.at FROM case_notes n LEFT JOIN users u ON u.id = n.author"
	      " WHERE n.case_id = $1 AND n.kind <> 'draft' ORDER BY n.id LIMIT 200")

S(QUEUE_PUT, "INSERT INTO queues(name, title, position, skills) VALUES($1, $2, $3, $4)"
	     " ON CONFLICT(name) DO UPDATE SET title = excluded.title, position = excluded.position,"
	     " skills = excluded.skills")
S(QUEUE_LIST, "SELECT name, title, skills FROM queues ORDER BY position, name LIMIT 100")
S(CASE_LATE_BY_QUEUE, "SELECT q.name, q.title, COUNT(c.id) FROM queues q LEFT JOIN cases c ON c.queue = q.name"
		      " AND c.state IN ('open', 'claimed') AND c.live = 1 AND c.clock_at <= $1"
		      " GROUP BY q.name, q.title ORDER BY q.name LIMIT $2")
S(QUEUE_GET, "SELECT title, skills FROM queues WHERE name = $1")

S(FLAG_ADD, "INSERT INTO flags(platform, id, ext_id, subject_kind, subject, kind, policy, reporter, body, received_at,"
	    " live) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
S(FLAG_LIST, "SELECT f.id, f.ext_id, f.kind, f.policy, f.reporter, a.ext_id, f.body, f.received_at, f.outcome"
	     " FROM flags f LEFT JOIN accounts a ON a.platform = f.platform AND a.id = f.reporter"
	     " WHERE f.platform = $1 AND f.subject_kind = $2 AND f.subject = $3 ORDER BY f.id DESC LIMIT 200")
S(FLAG_OPEN_COUNTS, "SELECT kind, COUNT(*) FROM flags WHERE platform = $1 AND subject_kind = $2 AND subject = $3"
		    " AND outcome IS NULL GROUP BY kind")
S(FLAG_JOIN, "UPDATE flags SET case_id = $4 WHERE platform = $1 AND subject_kind = $2 AND subject = $3"
	     " AND outcome IS NULL")
S(FLAG_OUTCOME, "UPDATE flags SET outcome = $2 WHERE case_id = $1 AND outcome IS NULL")
S(FLAG_REOPEN, "UPDATE flags SET outcome = NULL WHERE case_id = $1")
S(FLAG_ACCURACY, "SELECT SUM(CASE WHEN outcome = 'upheld' THEN 1 ELSE 0 END), COUNT(outcome), COUNT(*) FROM flags"
		 " WHERE platform = $1 AND reporter = $2")

S(REVEAL_ADD, "INSERT INTO reveals(token, user_id, platform, media, case_id, created_at, expires_at, part)"
	      " VALUES($1, $2, $3, $4, $5, $6, $7, $8)")
S(REVEAL_USE, "UPDATE reveals SET used_at = $2 WHERE token = $1 AND used_at IS NULL AND expires_at > $2"
	      " RETURNING user_id, platform, media, case_id, part")
S(REVEAL_UNSEEN, "SELECT COUNT(*) FROM item_media im JOIN media m ON m.platform = im.platform AND m.id = im.media"
		 " WHERE im.platform = $1 AND im.item IN (SELECT $2 UNION SELECT g.item FROM stream_segments g"
		 " WHERE g.platform = $1 AND g.stream = $2) AND m.state = 'decoded' AND NOT EXISTS"
		 " (SELECT 1 FROM reveals r WHERE r.case_id = $3 AND r.user_id = $4 AND r.media = im.media"
		 " AND r.used_at IS NOT NULL)")
#undef CASE_COLUMNS
