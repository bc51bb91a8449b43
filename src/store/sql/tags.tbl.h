/*
 * Where something belongs: queues and policies of all that was said of it. What a person cleared is judged: what spoke
 * before that closes it no longer. Each begins with the subjects as s(kind, subject); $1 is the platform.
 */
#define TAGS_OF(subjects)                                                                      \
	"WITH s(kind, subject) AS (" subjects "), t AS (SELECT s.kind, s.subject,"              \
	" COALESCE((SELECT MAX(d.at) FROM decisions d WHERE d.platform = $1 AND d.subject_kind = s.kind" \
	" AND d.subject = s.subject AND d.kind = 'clear' AND NOT EXISTS (SELECT 1 FROM decision_events e" \
	" WHERE e.decision = d.id AND e.kind = 'undone')), 0) AS cleared FROM s)"               \
	" SELECT '' AS queue, g.policy FROM t JOIN signals g ON g.platform = $1 AND g.item = t.subject" \
	" WHERE t.kind = 'item' AND g.policy IS NOT NULL AND g.at > t.cleared"                  \
	" UNION SELECT '', f.policy FROM t JOIN flags f ON f.platform = $1 AND f.subject_kind = t.kind" \
	" AND f.subject = t.subject WHERE f.policy IS NOT NULL AND f.received_at > t.cleared"   \
	" UNION SELECT c.queue, COALESCE(c.policy, '') FROM t JOIN cases c ON c.platform = $1"  \
	" AND c.subject_kind = t.kind AND c.subject = t.subject WHERE c.opened_at > t.cleared"  \
	" UNION SELECT '', k.policy FROM t JOIN cases c ON c.platform = $1 AND c.subject_kind = t.kind" \
	" AND c.subject = t.subject JOIN case_causes k ON k.case_id = c.id"                     \
	" WHERE k.policy IS NOT NULL AND k.at > t.cleared"                                      \
	" UNION SELECT '', d.policy FROM t JOIN decisions d ON d.platform = $1 AND d.subject_kind = t.kind" \
	" AND d.subject = t.subject WHERE d.at > t.cleared AND NOT EXISTS (SELECT 1 FROM decision_events e" \
	" WHERE e.decision = d.id AND e.kind = 'undone') LIMIT 128"
/* What is said of a stream is said of its segments. */
S(TAGS_OF_SUBJECT, TAGS_OF("SELECT $2, $3 UNION SELECT 'item', g.stream FROM stream_segments g"
			   " WHERE g.platform = $1 AND g.item = $3"))
/* Where one file is published a thousand times, a thousand of them are looked at. */
S(TAGS_OF_MEDIA, TAGS_OF("SELECT 'item', x.item FROM (SELECT DISTINCT item FROM item_media"
			 " WHERE platform = $1 AND media = $2 LIMIT 1000) x UNION SELECT 'item', g.stream"
			 " FROM item_media y JOIN stream_segments g ON g.platform = y.platform AND g.item = y.item"
			 " WHERE y.platform = $1 AND y.media = $2"))
#undef TAGS_OF
S(TAGS_DECISION, "SELECT platform, subject_kind, subject, policy FROM decisions WHERE id = $1")
S(TAGS_DELIVERY, "SELECT d.platform, d.subject_kind, d.subject, d.policy FROM outbox o LEFT JOIN actions a"
		 " ON a.id = o.cause JOIN decisions d ON d.id = COALESCE(a.decision, o.cause) WHERE o.id = $1"
		 " UNION ALL SELECT o.platform, 'item', i.id, '' FROM outbox o JOIN items i ON i.platform = o.platform"
		 " AND i.id = o.cause WHERE o.id = $1 LIMIT 1")
