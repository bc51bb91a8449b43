/* Items, their media list and their signals. */
S(ITEM_ADD, "INSERT INTO items(platform, id, ext_id, version, live, kind, account, thread_ext, parent_ext, audience,"
	    " views, engagement, language, territory, posted_at, received_at, updated_at, body, print, state,"
	    " expires_at) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17,"
	    " $18, 'pending', $19)")
S(ITEM_BY_EXT, "SELECT id, print, state, verdict, version, received_at FROM items WHERE platform = $1 AND live = $2"
	       " AND ext_id = $3 AND version = $4")
S(ITEM_AUTHOR, "SELECT account FROM items WHERE platform = $1 AND id = $2")
S(ITEM_LATEST, "SELECT id, version, state, verdict, live FROM items WHERE platform = $1 AND live = $2 AND ext_id = $3"
	       " ORDER BY version DESC LIMIT 1")
S(ITEM_GET, "SELECT i.ext_id, i.version, i.live, i.kind, i.account, a.ext_id, i.thread_ext, i.parent_ext, i.audience,"
	    " i.views, i.engagement, i.language, i.territory, i.posted_at, i.received_at, i.body, i.state, i.verdict,"
	    " i.verdict_at, i.ruleset, i.reasons FROM items i"
	    " LEFT JOIN accounts a ON a.platform = i.platform AND a.id = i.account"
	    " WHERE i.platform = $1 AND i.id = $2")
S(ITEM_COUNTERS, "UPDATE items SET views = COALESCE($4, views), engagement = COALESCE($5, engagement),"
		 " updated_at = $3 WHERE platform = $1 AND id = $2")
S(ITEM_VERDICT, "UPDATE items SET state = $3, verdict = $4, verdict_at = $5, ruleset = $6, reasons = $7,"
		" updated_at = $5 WHERE platform = $1 AND id = $2 AND state <> 'deleted'")
S(ITEM_ERASE, "UPDATE items SET state = $4, body = NULL, reasons = NULL, thread_ext = NULL, parent_ext = NULL,"
	      " updated_at = $3, expires_at = NULL WHERE platform = $1 AND id = $2")
S(ITEM_EXPIRED, "SELECT platform, id FROM items WHERE expires_at <= $1 LIMIT $2")
S(ITEM_LATER, "UPDATE items SET expires_at = $3 WHERE platform = $1 AND id = $2")
/* Not judged yet, or to be judged once more, in review, or decided of late: what was accepted is judged before it goes. */
S(ITEM_NEEDED, "SELECT 1 FROM items WHERE platform = $1 AND id = $2 AND verdict IS NULL UNION ALL"
	       " SELECT 1 FROM jobs WHERE platform = $1 AND item = $2 AND kind <> 'scan' AND state <> 'buried' UNION ALL"
	       " SELECT 1 FROM cases WHERE platform = $1 AND subject_kind = 'item' AND subject = $2"
	       " AND state IN ('open', 'claimed') UNION ALL SELECT 1 FROM decisions WHERE platform = $1"
	       " AND subject_kind = 'item' AND subject = $2 AND at > $3"
	       " UNION ALL SELECT 1 FROM stream_segments g JOIN cases c ON c.platform = g.platform"
	       " AND c.subject_kind = 'item' AND c.subject = g.stream WHERE g.platform = $1 AND g.item = $2"
	       " AND c.state IN ('open', 'claimed') UNION ALL SELECT 1 FROM stream_segments g JOIN decisions d"
	       " ON d.platform = g.platform AND d.subject_kind = 'item' AND d.subject = g.stream"
	       " WHERE g.platform = $1 AND g.item = $2 AND d.at > $3 LIMIT 1")
S(ITEM_MEDIA_ADD, "INSERT INTO item_media(platform, item, n, media) VALUES($1, $2, $3, $4)")
S(ITEM_MEDIA_LIST, "SELECT m.id, m.bytes, m.mime, m.state, m.reason, m.width, m.height, m.sha256, m.md5, m.pdq,"
		   " m.pdq_quality, m.pages, m.duration_ms, m.film, m.pdq_turned FROM item_media im JOIN media m ON m.platform = im.platform AND m.id = im.media"
		   " WHERE im.platform = $1 AND im.item = $2 ORDER BY im.n")
S(ITEM_MEDIA_DROP, "DELETE FROM item_media WHERE platform = $1 AND item = $2")
S(SIGNAL_ADD, "INSERT INTO signals(platform, item, n, detector, version, status, label, score, policy, bank, entry,"
	      " distance, media, field, span_from, span_to, at, effect, turned, provenance, classification, part)"
	      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)")
S(SIGNAL_DROP, "DELETE FROM signals WHERE platform = $1 AND item = $2")
S(SIGNAL_LIST, "SELECT s.detector, s.version, s.status, s.label, s.score, s.policy, s.bank, s.entry, s.distance,"
	       " s.media, s.field, s.span_from, s.span_to, s.at, s.effect, s.turned, s.provenance, s.classification,"
	       " b.source, s.part FROM signals s LEFT JOIN banks b ON b.id = s.bank WHERE s.platform = $1 AND s.item = $2"
	       " ORDER BY s.n")
