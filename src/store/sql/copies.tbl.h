/* Copies of an item, and one decision for all of them. */
S(ALIKE_MEDIUM, "SELECT platform, id, pdq, pdq_quality, pdq_turned, frames FROM media WHERE key = $1")
S(COPIES_ITEMS, "SELECT im.item, i.posted_at FROM item_media im JOIN items i ON i.platform = im.platform AND i.id = im.item"
		" WHERE im.platform = $1 AND im.media = $2 AND i.live = $3 AND i.state <> 'deleted' AND im.item <> $4"
		" LIMIT $5")
S(COPIES_ITEM, "SELECT i.ext_id, i.account, a.ext_id, i.posted_at, i.state, i.verdict, i.views FROM items i LEFT JOIN accounts a"
	       " ON a.platform = i.platform AND a.id = i.account WHERE i.platform = $1 AND i.id = $2")
/* The newest decision that stands: neither undone nor reversed. */
S(COPIES_DECIDED, "SELECT d.kind, d.policy, d.automated_decision FROM decisions d WHERE d.platform = $1 AND d.subject_kind = 'item'"
		  " AND d.subject = $2 AND d.kind <> 'reverse' AND NOT EXISTS (SELECT 1 FROM decisions r WHERE r.reverses = d.id)"
		  " AND NOT EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'undone')"
		  " ORDER BY d.at DESC LIMIT 1")
S(GROUP_ADD, "INSERT INTO group_decisions(id, decision, platform, user_id, ask, created_at, apply_at, state)"
	     " VALUES($1, $2, $3, $4, $5, $6, $7, 'waiting')")
S(GROUP_ITEM_ADD, "INSERT INTO group_items(group_id, item, state, why) VALUES($1, $2, $3, $4)")
S(GROUP_CANCEL, "UPDATE group_decisions SET state = 'cancelled', done_at = $2 WHERE decision = $1 AND state = 'waiting'")
S(GROUP_DUE, "SELECT id, decision, platform, user_id, ask FROM group_decisions WHERE state = 'waiting' AND apply_at <= $1"
	     " ORDER BY apply_at LIMIT 1")
S(GROUP_ITEMS_NEXT, "SELECT item FROM group_items WHERE group_id = $1 AND state = 'waiting' ORDER BY item LIMIT $2")
S(GROUP_ITEM_END, "UPDATE group_items SET state = $3, decision = $4, why = $5 WHERE group_id = $1 AND item = $2")
S(GROUP_DONE, "UPDATE group_decisions SET state = 'done', done_at = $2 WHERE id = $1")
S(GROUP_OF_CASE, "SELECT g.id, g.state, g.apply_at, (SELECT COUNT(*) FROM group_items i WHERE i.group_id = g.id AND i.state = 'waiting'),"
		 " (SELECT COUNT(*) FROM group_items i WHERE i.group_id = g.id AND i.state = 'done'),"
		 " (SELECT COUNT(*) FROM group_items i WHERE i.group_id = g.id AND i.state = 'left')"
		 " FROM group_decisions g JOIN decisions d ON d.id = g.decision WHERE d.case_id = $1 ORDER BY g.created_at DESC LIMIT 1")
S(GROUP_LEFT, "SELECT why, COUNT(*) FROM group_items WHERE group_id = $1 AND state = 'left' GROUP BY why ORDER BY 2 DESC, 1")
S(GROUP_COUNT_DONE, "SELECT COUNT(*) FROM group_items WHERE group_id = $1 AND state = 'done'")
