/* What the console shows: reads only, joined for people. */
#define VIEW_CASE_COLUMNS                                                                      \
	"c.id, c.state, p.name, c.live, c.severity, c.policy, c.subject_kind, i.ext_id, i.kind,"  \
	" a.ext_id, c.urgency, c.reach, c.clock_at, c.opened_at, u.name, c.claim_until,"        \
	" (SELECT k.kind FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"      \
	" (SELECT k.ref FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"       \
	" (SELECT k.detail FROM case_causes k WHERE k.case_id = c.id ORDER BY k.n LIMIT 1),"    \
	" (SELECT COUNT(*) FROM flags f WHERE f.case_id = c.id), c.queue, c.platform, c.subject,"   \
	" st.state, st.started_at"
#define VIEW_CASE_JOINS                                                                        \
	" JOIN platforms p ON p.platform = c.platform"                                          \
	" LEFT JOIN items i ON c.subject_kind = 'item' AND i.platform = c.platform AND i.id = c.subject" \
	" LEFT JOIN accounts a ON a.platform = c.platform AND a.id ="                           \
	" CASE WHEN c.subject_kind = 'account' THEN c.subject ELSE c.account END"               \
	" LEFT JOIN users u ON u.id = c.claimed_by"                                             \
	" LEFT JOIN streams st ON c.subject_kind = 'item' AND st.platform = c.platform AND st.item = c.subject"
S(VIEW_CASES_OF_QUEUE, "SELECT " VIEW_CASE_COLUMNS " FROM (SELECT * FROM cases WHERE queue = $1 AND state IN ($2, $3)"
		       " ORDER BY urgency DESC, opened_at LIMIT $4 OFFSET $5) c" VIEW_CASE_JOINS
		       " ORDER BY c.urgency DESC, c.opened_at")
S(VIEW_CASES_OF_SUBJECT, "SELECT " VIEW_CASE_COLUMNS " FROM cases c" VIEW_CASE_JOINS
			 " WHERE c.platform = $1 AND c.subject_kind = $2 AND c.subject = $3"
			 " ORDER BY c.opened_at DESC LIMIT 50")
S(VIEW_CASES_OF_ACCOUNT, "SELECT " VIEW_CASE_COLUMNS " FROM cases c" VIEW_CASE_JOINS
			 " WHERE c.platform = $1 AND c.account = $2 ORDER BY c.opened_at DESC LIMIT 100")
S(VIEW_CASES_COUNT, "SELECT policy, COUNT(*) FROM cases WHERE queue = $1 AND state IN ($2, $3) GROUP BY policy")
#undef VIEW_CASE_COLUMNS
#undef VIEW_CASE_JOINS

#define VIEW_DECISION_COLUMNS                                                                  \
	"d.id, d.puid, d.at, d.kind, d.policy, d.ground, d.automated_decision, d.reviewer_pseudonym," \
	" d.detector, d.subject_kind, d.item_ext, a.ext_id,"                                    \
	" EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'undone')" \
	" OR EXISTS (SELECT 1 FROM decisions v WHERE v.reverses = d.id), d.seq, d.policy_version, d.facts," \
	" d.trigger, d.effective_at, d.statement, d.ruleset, d.platform, d.subject"
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
		" s.distance, s.media, s.field, s.span_from, s.span_to, s.at, s.effect, s.turned, s.provenance,"
		" s.classification, s.entry, s.part FROM signals s"
		" LEFT JOIN banks b ON b.id = s.bank WHERE s.platform = $1 AND s.item = $2 ORDER BY s.n LIMIT 256")
S(VIEW_SUGGESTED, "SELECT policy FROM case_causes WHERE case_id = $1 AND policy IS NOT NULL"
		  " UNION SELECT policy FROM signals WHERE platform = $2 AND item = $3 AND policy IS NOT NULL"
		  " UNION SELECT policy FROM flags WHERE platform = $2 AND subject_kind = $4 AND subject = $3"
		  " AND policy IS NOT NULL LIMIT 64")
S(VIEW_THREAD_BEFORE, "SELECT id FROM items WHERE platform = $1 AND thread_ext = $2 AND ext_id <> $5 AND live = $6"
		      " AND (posted_at < $3 OR (posted_at = $3 AND id < $4))"
		      " ORDER BY posted_at DESC, id DESC LIMIT 20")
S(VIEW_THREAD_AFTER, "SELECT id FROM items WHERE platform = $1 AND thread_ext = $2 AND ext_id <> $5 AND live = $6"
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

S(VIEW_QUEUE_SUMS, "SELECT queue, state, severity, COUNT(*), SUM(CASE WHEN clock_at < $1 THEN 1 ELSE 0 END),"
		   " MIN(opened_at), MIN(clock_at), policy FROM cases WHERE state IN ('open', 'claimed')"
		   " GROUP BY queue, state, severity, policy")

#define VIEW_ITEM_COLUMNS                                                                      \
	"i.ext_id, i.version, i.live, i.kind, a.ext_id, i.state, i.verdict,"                    \
	" (SELECT COUNT(*) FROM item_media m WHERE m.platform = i.platform AND m.item = i.id)," \
	" i.posted_at, i.received_at, i.id"
#define VIEW_ITEM_JOINS                                                                        \
	" LEFT JOIN accounts a ON a.platform = i.platform AND a.id = i.account"
S(VIEW_ITEMS_NEW, "SELECT " VIEW_ITEM_COLUMNS " FROM items i" VIEW_ITEM_JOINS
		  " WHERE i.platform = $1 ORDER BY i.id DESC LIMIT 50")
S(VIEW_ITEMS_LIKE, "SELECT " VIEW_ITEM_COLUMNS " FROM items i" VIEW_ITEM_JOINS
		   " WHERE i.platform = $1 AND i.ext_id >= $2 AND i.ext_id < $3 LIMIT 50")
S(VIEW_ITEMS_OF_ACCOUNT, "SELECT " VIEW_ITEM_COLUMNS " FROM items i" VIEW_ITEM_JOINS
			 " WHERE i.platform = $1 AND i.account = $2 ORDER BY i.received_at DESC LIMIT 100")
S(VIEW_ITEM_ID, "SELECT " VIEW_ITEM_COLUMNS " FROM items i" VIEW_ITEM_JOINS
		" WHERE i.platform = $1 AND i.id = $2")
#undef VIEW_ITEM_COLUMNS
#undef VIEW_ITEM_JOINS
S(VIEW_ACCOUNTS_LIKE, "SELECT ext_id, age_band, state, strikes, created_at, id FROM accounts"
		      " WHERE platform = $1 AND ext_id >= $2 AND ext_id < $3 LIMIT 50")
S(VIEW_CASES_LIKE, "SELECT c.id, c.queue, c.state, c.subject_kind, COALESCE(i.ext_id, a.ext_id), c.policy, c.platform,"
		   " c.subject FROM cases c"
		   " LEFT JOIN items i ON c.subject_kind = 'item' AND i.platform = c.platform AND i.id = c.subject"
		   " LEFT JOIN accounts a ON c.subject_kind = 'account' AND a.platform = c.platform"
		   " AND a.id = c.subject WHERE c.id >= $1 AND c.id <= $2"
		   " OR c.id IN (SELECT case_id FROM decisions WHERE id >= $1 AND id <= $2 AND case_id IS NOT NULL)"
		   " LIMIT 50")

S(VIEW_MEDIA, "SELECT m.platform, m.state FROM platforms p JOIN media m ON m.platform = p.platform AND m.id = $1 LIMIT 1")
/* Of its item, or of a segment of its stream. */
S(VIEW_MEDIA_IN_CASE, "SELECT 1 FROM cases c JOIN item_media im ON im.platform = c.platform AND im.item = c.subject"
		      " WHERE c.id = $1 AND c.subject_kind = 'item' AND im.media = $2 UNION ALL"
		      " SELECT 1 FROM cases c JOIN item_media im ON im.platform = c.platform AND im.media = $2"
		      " JOIN stream_segments g ON g.platform = c.platform AND g.item = im.item AND g.stream = c.subject"
		      " WHERE c.id = $1 AND c.subject_kind = 'item' LIMIT 1")

S(VIEW_BANK_CHANGED, "SELECT MAX(at) FROM audit WHERE subject = $1 AND verb <> 'bank.view' AND verb <> 'bank.export'")
S(VIEW_BANK_MATCHES, "SELECT COUNT(*) FROM signals WHERE bank = $1 AND at >= $2")
S(VIEW_OPEN_BY_QUEUE, "SELECT queue, COUNT(*), policy FROM cases WHERE state = 'open' GROUP BY queue, policy")
S(VIEW_COUNTER, "SELECT COALESCE(SUM(n), 0) FROM counters WHERE day >= $1 AND name = $2")
