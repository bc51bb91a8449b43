/* Live streams and their segments. */
#define STREAM_COLUMNS                                                                         \
	"s.platform, s.item, s.live, s.ext_id, s.state, s.ended_by, s.started_at, s.last_at, s.ended_at," \
	" s.segments, s.seq, s.viewers"
S(STREAM_GET, "SELECT " STREAM_COLUMNS " FROM streams s WHERE s.platform = $1 AND s.item = $2")
S(STREAM_BY_EXT, "SELECT " STREAM_COLUMNS " FROM streams s WHERE s.platform = $1 AND s.live = $2 AND s.ext_id = $3")
/* Of a segment, of the stream's own item, and of a later version of that. */
S(STREAM_OF_ITEM, "SELECT " STREAM_COLUMNS ", g.seq FROM streams s JOIN stream_segments g ON g.platform = s.platform"
		  " AND g.stream = s.item WHERE g.platform = $1 AND g.item = $2 UNION ALL"
		  " SELECT " STREAM_COLUMNS ", NULL FROM items i JOIN streams s ON s.platform = i.platform"
		  " AND s.live = i.live AND s.ext_id = i.ext_id WHERE i.platform = $1 AND i.id = $2"
		  " AND i.kind = 'live_stream' LIMIT 1")
S(STREAM_ADD, "INSERT INTO streams(platform, item, live, ext_id, state, started_at, last_at)"
	      " VALUES($1, $2, $3, $4, 'running', $5, $5)")
S(STREAM_PUT, "UPDATE streams SET state = $3, ended_by = $4, last_at = $5, ended_at = $6, segments = $7, seq = $8,"
	      " viewers = $9, weigh = 1 WHERE platform = $1 AND item = $2")
S(STREAM_ITEM_ADD, "INSERT INTO items(platform, id, ext_id, version, live, kind, account, audience, language, territory,"
		   " posted_at, received_at, updated_at, body, print, state, verdict, verdict_at, expires_at)"
		   " VALUES($1, $2, $3, 1, $4, 'live_stream', $5, $6, $7, $8, $9, $10, $10, $11, $12, 'scanned', 'allow',"
		   " $10, $13)")
/* The stream's own item is kept at least as long as its segments. */
S(STREAM_ITEM_KEEP, "UPDATE items SET expires_at = $3 WHERE platform = $1 AND id = $2 AND expires_at < $3")
/* What a decision records as views: the most who ever watched at once. */
S(STREAM_ITEM_VIEWS, "UPDATE items SET views = $3 WHERE platform = $1 AND id = $2 AND views < $3")
S(STREAM_ITEM_IS, "SELECT account, kind FROM items WHERE platform = $1 AND id = $2")
S(STREAM_SEGMENT_ADD, "INSERT INTO stream_segments(platform, item, stream, seq, at) VALUES($1, $2, $3, $4, $5)")
S(STREAM_SEGMENTS, "SELECT item, seq FROM stream_segments WHERE platform = $1 AND stream = $2"
		   " ORDER BY seq DESC, at DESC LIMIT $3")
S(STREAM_SEGMENT_DROP, "DELETE FROM stream_segments WHERE platform = $1 AND item = $2")
S(STREAM_DROP, "DELETE FROM streams WHERE platform = $1 AND item = $2")
S(STREAM_SILENT, "SELECT " STREAM_COLUMNS " FROM streams s WHERE s.state = 'running' AND s.last_at <= $1 LIMIT $2")
S(STREAM_TO_WEIGH, "SELECT platform, item FROM streams WHERE weigh = 1 LIMIT $1")
S(STREAM_WEIGHED, "UPDATE streams SET weigh = 0 WHERE platform = $1 AND item = $2")
/* Somebody has asked for it to be stopped, and nothing took that back. */
S(STREAM_STOP_ASKED, "SELECT 1 FROM actions WHERE platform = $1 AND subject_kind = 'item' AND subject = $2"
		     " AND name = 'stop_stream' AND state IN ('waiting', 'sent', 'confirmed', 'held') LIMIT 1")
/* What changes on the screen of a stream's case: segments, viewers, its state, the newest verdict, why the case is there. */
S(LIVE_CASE, "SELECT s.segments, s.seq, s.viewers, COALESCE(s.ended_at, 0), (SELECT MAX(v.at) FROM (SELECT i.verdict_at AS at"
	     " FROM stream_segments g JOIN items i ON i.platform = g.platform AND i.id = g.item WHERE g.platform = s.platform"
	     " AND g.stream = s.item ORDER BY g.seq DESC, g.at DESC LIMIT 20) v), (SELECT COUNT(*) FROM case_causes k"
	     " WHERE k.case_id = c.id) FROM cases c JOIN streams s ON s.platform = c.platform AND s.item = c.subject WHERE c.id = $1")
S(STREAM_COUNTS, "SELECT live, COUNT(*) FROM streams WHERE state = 'running' GROUP BY live")
#undef STREAM_COLUMNS
