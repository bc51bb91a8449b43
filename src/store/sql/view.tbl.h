/* What the console shows: reads only, joined for people. */
#define VIEW_CASE_COLUMNS                                                                      \
	"c.id, c.state, p.name, c.live, c.severity, c.policy, c.subject_kind, i.ext_id, i.kind,"  \
	" a.ext_id, c.urgency, c.reach, c.clock_at, c.opened_at, u.name, c.claim_until,"        \
	" (SELECT k.kind FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"      \
	" (SELECT k.ref FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"       \
	" (SELECT k.detail FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"    \
	" (SELECT COUNT(*) FROM flags f WHERE f.case_id = c.id), c.queue"
#define VIEW_CASE_JOINS                                                                        \
	" JOIN platforms p ON p.platform = c.platform"                                          \
	" LEFT JOIN items i ON c.subject_kind = 'item' AND i.platform = c.platform AND i.id = c.subject" \
	" LEFT JOIN accounts a ON a.platform = c.platform AND a.id ="                           \
	" CASE WHEN c.subject_kind = 'account' THEN c.subject ELSE c.account END"               \
	" LEFT JOIN users u ON u.id = c.claimed_by"
S(VIEW_CASES_OF_QUEUE, "SELECT " VIEW_CASE_COLUMNS " FROM (SELECT * FROM cases WHERE queue = $1 AND state IN ($2, $3)"
		       " ORDER BY urgency DESC, opened_at LIMIT $4 OFFSET $5) c" VIEW_CASE_JOINS
		       " ORDER BY c.urgency DESC, c.opened_at")
S(VIEW_CASES_OF_SUBJECT, "SELECT " VIEW_CASE_COLUMNS " FROM cases c" VIEW_CASE_JOINS
			 " WHERE c.platform = $1 AND c.subject_kind = $2 AND c.subject = $3"
			 " ORDER BY c.opened_at DESC LIMIT 50")
S(VIEW_CASES_OF_ACCOUNT, "SELECT " VIEW_CASE_COLUMNS " FROM cases c" VIEW_CASE_JOINS
			 " WHERE c.platform = $1 AND c.account = $2 ORDER BY c.opened_at DESC LIMIT 100")
S(VIEW_CASES_COUNT, "SELECT COUNT(*) FROM cases WHERE queue = $1 AND state IN ($2, $3)")
#undef VIEW_CASE_COLUMNS
#undef VIEW_CASE_JOINS

#define VIEW_DECISION_COLUMNS                                                                  \
	"d.id, d.puid, d.at, d.kind, d.policy, d.ground, d.automated_decision, d.reviewer_pseudonym," \
	" d.detector, d.subject_kind, d.item_ext, a.ext_id,"                                    \
	" EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'undone')" \
	" OR EXISTS (SELECT 1 FROM decisions v WHERE v.reverses = d.id), d.seq, d.policy_version, d.facts," \
	" d.trigger, d.effective_at, d.statement, d.ruleset"
#define VIEW_DECISION_JOINS " LEFT JOIN accounts a ON a.platform = d.platform AND a.id = d.account"
S(VIEW_DECISION, "SELECT " VIEW_DECISION_COLUMNS " FROM decisions d" VIEW_DECISION_JOINS " WHERE d.id = $1")
S(VIEW_DECISIONS_OF_ACCOUNT, "SELECT " VIEW_DECISION_COLUMNS " FROM decisions d" VIEW_DECISION_JOINS
			     " WHERE d.platform = $1 AND d.account = $2 ORDER BY d.at DESC LIMIT 50")
S(VIEW_DECISIONS_OF_SUBJECT, "SELECT " VIEW_DECISION_COLUMNS " FROM decisions d" VIEW_DECISION_JOINS
			     " WHERE d.platform = $1 AND d.subject_kind = $2 AND d.subject = $3"
			     " ORDER BY d.at DESC LIMIT 50")
#undef VIEW_DECISION_COLUMNS
#undef VIEW_DECISION_JOINS
S(VIEW_ACTIONS, "SELECT id, name, params, reverses, state, created_at, clock_at, confirmed_at, confirm_note"
		" FROM actions WHERE decision = $1 ORDER BY id")
S(VIEW_EVENTS, "SELECT kind, at, actor, outcome FROM decision_events WHERE decision = $1 ORDER BY id LIMIT 200")

S(VIEW_SIGNALS, "SELECT s.n, s.detector, s.version, s.status, s.label, s.score, s.policy, s.bank, b.name, b.source,"
		" s.distance, s.media, s.field, s.span_from, s.span_to, s.at FROM signals s"
		" LEFT JOIN banks b ON b.id = s.bank WHERE s.platform = $1 AND s.item = $2 ORDER BY s.n LIMIT 256")
S(VIEW_SUGGESTED, "SELECT policy FROM case_causes WHERE case_id = $1 AND policy IS NOT NULL"
		  " UNION SELECT policy FROM signals WHERE platform = $2 AND item = $3 AND policy IS NOT NULL"
		  " UNION SELECT policy FROM flags WHERE platform = $2 AND subject_kind = $4 AND subject = $3"
		  " AND policy IS NOT NULL LIMIT 64")
S(VIEW_THREAD_BEFORE, "SELECT id FROM items WHERE platform = $1 AND thread_ext = $2 AND ext_id <> $5"
		      " AND (posted_at < $3 OR (posted_at = $3 AND id < $4))"
		      " ORDER BY posted_at DESC, id DESC LIMIT 20")
S(VIEW_THREAD_AFTER, "SELECT id FROM items WHERE platform = $1 AND thread_ext = $2 AND ext_id <> $5"
		     " AND (posted_at > $3 OR (posted_at = $3 AND id > $4)) ORDER BY posted_at, id LIMIT 20")
S(VIEW_ACCOUNT_ITEMS, "SELECT COUNT(*) FROM (SELECT 1 FROM items WHERE platform = $1 AND account = $2 LIMIT 10000) x")
S(VIEW_USER_NAME, "SELECT name FROM users WHERE id = $1")
#define VIEW_DELIVERY_COLUMNS                                                                  \
	"o.id, p.name, o.live, o.kind, o.subject_key, o.state, o.attempts, o.created_at, o.not_before,"   \
	" o.next_at, o.delivered_at, o.status, o.error, o.body"
S(VIEW_DELIVERY, "SELECT " VIEW_DELIVERY_COLUMNS " FROM outbox o JOIN platforms p ON p.platform = o.platform"
		 " WHERE o.id = $1")
S(VIEW_DELIVERIES, "SELECT " VIEW_DELIVERY_COLUMNS " FROM outbox o JOIN platforms p ON p.platform = o.platform"
		   " WHERE ($1 = '' OR o.state = $1) AND o.id < $2 ORDER BY o.id DESC LIMIT 101")
S(VIEW_DELIVERIES_OF, "SELECT " VIEW_DELIVERY_COLUMNS " FROM outbox o JOIN platforms p ON p.platform = o.platform"
		      " WHERE o.cause = $1 OR o.cause IN (SELECT id FROM actions WHERE decision = $1)"
		      " ORDER BY o.id LIMIT 100")
#undef VIEW_DELIVERY_COLUMNS
