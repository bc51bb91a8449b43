/* Crisis mode: watches, and what they found. */
#define WATCH_COLS                                                                             \
	"w.id, w.bank, w.title, w.policy, w.effect, w.started_by, w.started_at, w.ends_at, w.ended_at, w.ended_by, w.report,"  \
	" b.name, b.distance, b.turned, b.kind, b.entries, b.enabled"
S(WATCH_ADD, "INSERT INTO watches(id, bank, title, policy, effect, started_by, started_at, ends_at)"
	     " VALUES($1, $2, $3, $4, $5, $6, $7, $8)")
S(WATCH_GET, "SELECT " WATCH_COLS " FROM watches w JOIN banks b ON b.id = w.bank WHERE w.id = $1")
S(WATCH_LIST, "SELECT " WATCH_COLS " FROM watches w JOIN banks b ON b.id = w.bank ORDER BY w.ended_at IS NOT NULL, w.started_at DESC"
	      " LIMIT 100")
#undef WATCH_COLS
S(WATCH_SAMPLE, "SELECT p.name, i.ext_id FROM item_media im JOIN items i ON i.platform = im.platform AND i.id = im.item"
		" JOIN platforms p ON p.platform = i.platform WHERE im.platform = $1 AND im.media = $2 AND i.state <> 'deleted'"
		" ORDER BY i.posted_at DESC LIMIT 1")
S(WATCH_OPEN, "SELECT COUNT(*) FROM watches WHERE ended_at IS NULL")
S(WATCH_DUE, "SELECT id FROM watches WHERE ended_at IS NULL AND ends_at <= $1 LIMIT 1")
S(WATCH_UNTIL, "UPDATE watches SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL")
S(WATCH_END, "UPDATE watches SET ended_at = $2, ended_by = $3, report = $4 WHERE id = $1 AND ended_at IS NULL")

/*
 * One row a subject that one of the bank's entries matched: an item, or the live stream that it is a segment of, which is
 * what cases and actions are about.
 */
#define WATCH_FOUND                                                                            \
	"(SELECT s.platform, COALESCE(g.stream, s.item) AS item, MIN(s.distance) AS distance, MIN(s.media) AS media,"          \
	" MIN(s.at) AS at, MIN(p.posted_at) AS posted_at FROM signals s JOIN items p ON p.platform = s.platform"               \
	" AND p.id = s.item LEFT JOIN stream_segments g ON g.platform = s.platform AND g.item = s.item"                        \
	" WHERE s.bank = $1 AND s.status = 'ok' GROUP BY s.platform, COALESCE(g.stream, s.item)) f"                            \
	" JOIN items i ON i.platform = f.platform AND i.id = f.item"
#define WATCH_DONE(names)                                                                      \
	"EXISTS (SELECT 1 FROM actions a WHERE a.platform = i.platform AND a.subject_kind = 'item' AND a.subject = i.id"       \
	" AND a.name IN (" names ") AND a.reverses IS NULL AND a.state IN ('waiting', 'sent', 'confirmed'))"
#define WATCH_STATE                                                                            \
	"CASE WHEN " WATCH_DONE("'remove', 'block', 'disable', 'stop_stream'") " THEN 'removed' WHEN " WATCH_DONE("'withhold'")\
	" THEN 'withheld' WHEN EXISTS (SELECT 1 FROM cases c WHERE c.platform = i.platform AND c.subject_kind = 'item'"        \
	" AND c.subject = i.id AND c.state IN ('open', 'claimed')) THEN 'waiting' ELSE 'standing' END"
S(WATCH_STATES, "SELECT " WATCH_STATE " AS st, COUNT(*), SUM(i.views) FROM " WATCH_FOUND " GROUP BY st")
S(WATCH_MINUTES, "SELECT f.at / 60000000, COUNT(*) FROM " WATCH_FOUND " WHERE f.at >= $2 GROUP BY f.at / 60000000 ORDER BY 1")
S(WATCH_NEWEST, "SELECT f.platform, f.item, p.name, i.ext_id, a.ext_id, f.posted_at, f.at, f.distance, f.media, i.views, " WATCH_STATE
		", i.kind = 'live_stream' FROM " WATCH_FOUND " JOIN platforms p ON p.platform = i.platform LEFT JOIN accounts a"
		" ON a.platform = i.platform AND a.id = i.account ORDER BY f.at DESC LIMIT $2")
/* From posting to the first action about it, over what was posted while the watch ran. */
S(WATCH_PACE, "SELECT AVG(MAX(0, t.at - t.posted_at)), COUNT(*) FROM (SELECT f.posted_at AS posted_at, (SELECT MIN(a.created_at)"
	      " FROM actions a WHERE a.platform = i.platform AND a.subject_kind = 'item' AND a.subject = i.id"
	      " AND a.reverses IS NULL AND a.created_at >= f.posted_at) AS at FROM " WATCH_FOUND " WHERE f.posted_at >= $2) t"
	      " WHERE t.at IS NOT NULL")
#undef WATCH_DONE
#undef WATCH_FOUND
#undef WATCH_STATE
