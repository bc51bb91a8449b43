/* What was published before: the media index and its source, how far banks were compared, what is judged again. */
S(AGAIN_MEDIA, "SELECT key, pdq, pdq_quality, frames, words, bent FROM media WHERE key > $1 ORDER BY key LIMIT $2")
S(AGAIN_MEDIA_COUNTER, "SELECT key FROM media_counter")
S(AGAIN_DROPPED, "SELECT change, key FROM media_dropped WHERE change > $1 AND change <= $2 ORDER BY change")
S(AGAIN_DROPPED_OLDEST, "SELECT MIN(at) FROM media_dropped")
S(AGAIN_DROPPED_DONE, "DELETE FROM media_dropped WHERE change <= $1")
S(HEAR_MEDIUM, "SELECT platform, id, frames IS NOT NULL, words, bent FROM media WHERE key = $1")
S(AGAIN_MEDIA_OF_KEY, "SELECT platform, id FROM media WHERE key = $1")

S(AGAIN_AT, "SELECT change, hit, at, back FROM again WHERE form = $1")
S(AGAIN_AT_SET, "INSERT INTO again(form, change, hit, at, mark, back) VALUES($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT(form) DO UPDATE SET change = excluded.change, hit = excluded.hit, at = excluded.at,"
		" mark = excluded.mark, back = excluded.back")
S(AGAIN_MARK, "SELECT COALESCE(MAX(mark), 0) FROM again")
#define AGAIN_ENTRY "e.bank, e.id, e.value, e.change, e.added_at, b.distance, b.turned"
#define AGAIN_LIVE "(e.enabled = 1 OR e.disabled_until <= $2) AND (e.expires_at IS NULL OR e.expires_at > $2)"
S(AGAIN_ENTRIES, "SELECT " AGAIN_ENTRY ", b.enabled = 1 AND b.direction = 'block' AND " AGAIN_LIVE
		 " FROM bank_entries e JOIN banks b ON b.id = e.bank WHERE e.form = $1 AND e.change > $3"
		 " AND e.change <= $4 ORDER BY e.change LIMIT $5")
/* Disabled until a time that has come: few, found by that time and not by their form. */
#define AGAIN_BACK                                                                             \
	" FROM bank_entries e JOIN banks b ON b.id = e.bank WHERE e.enabled = 0 AND b.enabled = 1"                     \
	" AND b.direction = 'block' AND (e.expires_at IS NULL OR e.expires_at > $1) AND e.disabled_until <= $1"
S(AGAIN_RETURNED, "SELECT " AGAIN_ENTRY ", 1, e.disabled_until" AGAIN_BACK " AND e.form || '' = $2"
		  " AND e.disabled_until >= $3 AND (e.disabled_until > $3 OR e.id > $4)"
		  " ORDER BY e.disabled_until, e.id LIMIT $5")
/* When the next of them is due: of every form. */
S(AGAIN_NEXT_RETURN, "SELECT MIN(disabled_until) FROM bank_entries WHERE disabled_until > $1 AND enabled = 0")
S(AGAIN_BANK_ENTRIES, "SELECT " AGAIN_ENTRY ", " AGAIN_LIVE ", e.form FROM bank_entries e JOIN banks b ON b.id = e.bank"
		      " WHERE e.bank = $1 AND e.id > $3 ORDER BY e.id LIMIT $4")
#undef AGAIN_ENTRY
#undef AGAIN_LIVE
S(AGAIN_BANKS, "SELECT b.id, b.kind, CASE WHEN b.enabled = 1 AND b.direction = 'block'"
	       " THEN b.distance + CASE WHEN b.turned = 1 THEN 64 ELSE 0 END ELSE -1 END, a.reach, a.goal, a.entry, a.hit, a.since"
	       " FROM banks b LEFT JOIN again_banks a ON a.bank = b.id WHERE b.kind <> 'text'")
S(AGAIN_BANKS_ANEW, "UPDATE again_banks SET reach = -1, goal = -1")
S(AGAIN_BANK_PUT, "INSERT INTO again_banks(bank, reach, goal, entry, hit, since) VALUES($1, $2, $3, $4, $5, $6)"
		  " ON CONFLICT(bank) DO UPDATE SET reach = excluded.reach, goal = excluded.goal, entry = excluded.entry,"
		  " hit = excluded.hit, since = excluded.since")

/* What is found twice is judged once more, with the newest banks; it counts from when it was found first. */
#define AGAIN_PUT                                                                              \
	" ON CONFLICT(platform, media) DO UPDATE SET item = excluded.item, mark = excluded.mark, bank = excluded.bank,"        \
	" entry = excluded.entry"
S(AGAIN_FOUND_KEY, "INSERT INTO again_found(platform, media, item, bank, entry, mark, since, found_at)"
		   " SELECT platform, id, $7, $2, $3, $4, $5, $6 FROM media WHERE key = $1" AGAIN_PUT)
S(AGAIN_FOUND_SHA256, "INSERT INTO again_found(platform, media, item, bank, entry, mark, since, found_at)"
		      " SELECT platform, id, $7, $2, $3, $4, $5, $6 FROM media WHERE sha256 = $1" AGAIN_PUT)
S(AGAIN_FOUND_MD5, "INSERT INTO again_found(platform, media, item, bank, entry, mark, since, found_at)"
		   " SELECT platform, id, $7, $2, $3, $4, $5, $6 FROM media WHERE md5 = $1" AGAIN_PUT)
#undef AGAIN_PUT
S(AGAIN_FOUND_NEXT, "SELECT platform, media, item, bank, entry, mark, since FROM again_found ORDER BY found_at LIMIT 1")
S(AGAIN_FOUND_ITEM, "UPDATE again_found SET item = $3 WHERE platform = $1 AND media = $2")
S(AGAIN_FOUND_DONE, "DELETE FROM again_found WHERE platform = $1 AND media = $2")
S(AGAIN_FOUND_COUNT, "SELECT COUNT(*), MIN(since) FROM again_found")
S(AGAIN_ANY, "SELECT EXISTS (SELECT 1 FROM again_found) OR EXISTS (SELECT 1 FROM again_asked)"
	     " OR EXISTS (SELECT 1 FROM again_passes)")
S(AGAIN_ITEMS, "SELECT im.item, i.state FROM item_media im JOIN items i ON i.platform = im.platform AND i.id = im.item"
	       " WHERE im.platform = $1 AND im.media = $2 AND im.item > $3 ORDER BY im.item LIMIT $4")
/* What is judged whole stays so, whatever else asks for it. */
S(AGAIN_ASK, "INSERT INTO again_asked(platform, item, bank, entry, mark, since, asked_at, why)"
	     " VALUES($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT(platform, item) DO UPDATE SET bank = excluded.bank,"
	     " entry = excluded.entry, mark = excluded.mark,"
	     " why = CASE WHEN again_asked.why IN ('rules', 'asked') THEN again_asked.why ELSE excluded.why END")
S(AGAIN_ASKED, "SELECT bank, entry, mark, since, asked_at, why FROM again_asked WHERE platform = $1 AND item = $2")
S(AGAIN_ASKED_DONE, "DELETE FROM again_asked WHERE platform = $1 AND item = $2 AND mark <= $3")
S(AGAIN_ASKED_DROP, "DELETE FROM again_asked WHERE platform = $1 AND item = $2")
S(AGAIN_ASKED_COUNT, "SELECT COUNT(*), MIN(since) FROM again_asked")
/* Whose job ended without a verdict (given up, erased). */
S(AGAIN_ASKED_LOST, "DELETE FROM again_asked WHERE asked_at < $1 AND NOT EXISTS (SELECT 1 FROM jobs j"
		    " WHERE j.platform = again_asked.platform AND j.item = again_asked.item AND j.state <> 'buried')")
/*
 * Since when the first of all that is left waits, without a count of it; NULL: nothing does. Those that came back wait
 * since then; $1 is now.
 */
#define AGAIN_WAITS                                                                            \
	AGAIN_BACK " AND e.disabled_until >= (SELECT MIN(a.at) FROM again a) AND EXISTS (SELECT 1 FROM again a"        \
		   " WHERE a.form = e.form AND (e.disabled_until > a.at OR (e.disabled_until = a.at AND e.id > a.back)))"
S(AGAIN_OLDEST, "SELECT MIN(t) FROM (SELECT MIN(since) AS t FROM again_found UNION ALL SELECT MIN(since) FROM again_asked"
		" UNION ALL SELECT MIN(p.since) FROM again_banks p JOIN banks b ON b.id = p.bank WHERE p.goal > p.reach"
		" UNION ALL SELECT (SELECT e.added_at FROM bank_entries e WHERE e.form = a.form AND e.change > a.change"
		" ORDER BY e.change LIMIT 1) FROM again a UNION ALL SELECT MIN(e.disabled_until)" AGAIN_WAITS ") AS ts")
/* Entries that are not compared yet: that changed since, that came back, and of each pass those that it has before it. */
#define AGAIN_CHANGED                                                                          \
	" FROM again a JOIN bank_entries e ON e.form = a.form AND e.change > a.change"
#define AGAIN_AHEAD                                                                            \
	" FROM again_banks p JOIN bank_entries e ON e.bank = p.bank AND e.id > p.entry WHERE p.goal > p.reach"
S(AGAIN_LEFT, "SELECT (SELECT COALESCE(SUM(entries), 0) FROM banks WHERE kind <> 'text'),"
	      " (SELECT COUNT(*)" AGAIN_CHANGED ") + (SELECT COUNT(*)" AGAIN_AHEAD ") + (SELECT COUNT(*)" AGAIN_WAITS "),"
	      " (SELECT MIN(t) FROM (SELECT MIN(e.added_at) AS t" AGAIN_CHANGED
	      " UNION ALL SELECT MIN(p.since) FROM again_banks p JOIN banks b ON b.id = p.bank WHERE p.goal > p.reach"
	      " UNION ALL SELECT MIN(e.disabled_until)" AGAIN_WAITS ") AS ts)")
S(AGAIN_BANK_LEFT, "SELECT (SELECT entries FROM banks WHERE id = $2), (SELECT COUNT(*)" AGAIN_CHANGED
		   " AND e.bank = $2) + (SELECT COUNT(*)" AGAIN_AHEAD " AND p.bank = $2) + (SELECT COUNT(*)" AGAIN_WAITS
		   " AND e.bank = $2)")
#undef AGAIN_BACK
#undef AGAIN_WAITS
#undef AGAIN_CHANGED
#undef AGAIN_AHEAD

/* Passes over what matched a bank: whose match says of itself that its weight, or what comes of it, may have changed. */
#define REJUDGE_ON                                                                             \
	" ON CONFLICT(bank, why) DO UPDATE SET platform = 0, item = excluded.item, since = excluded.since, done = 0,"  \
	" received_from = CASE WHEN again_passes.received_from < excluded.received_from THEN again_passes.received_from" \
	" ELSE excluded.received_from END"
S(REJUDGE_ASK, "INSERT INTO again_passes(bank, why, platform, item, received_from, since, done)"
	       " VALUES($1, $2, 0, $3, $4, $5, 0)" REJUDGE_ON)
/* Before a bank is changed: does it set less aside from now on? does it apply to more? */
S(REJUDGE_BANK_ALLOWS_LESS, "SELECT EXISTS(SELECT 1 FROM banks WHERE id = $1 AND direction = 'allow' AND enabled = 1"
			    " AND ($2 = 0 OR $3 <> 'allow' OR distance > $4 OR share > $5 OR (turned = 1 AND $6 = 0)"
			    " OR COALESCE(share_query, 0) < $7 OR COALESCE(share_known, 0) < $8))")
S(REJUDGE_BANK_TAKES_MORE, "SELECT EXISTS(SELECT 1 FROM banks WHERE id = $1 AND share < $2)")
S(REJUDGE_ALLOWS, "SELECT EXISTS(SELECT 1 FROM banks WHERE id = $1 AND direction = 'allow' AND enabled = 1)")
S(REJUDGE_EXPIRED, "SELECT DISTINCT e.bank FROM bank_entries e JOIN banks b ON b.id = e.bank WHERE e.expires_at > $1"
		   " AND e.expires_at <= $2 AND b.direction = 'allow' AND b.enabled = 1")
S(REJUDGE_RETIRED, "UPDATE again_banks SET reach = -1, entry = $2, hit = 0, since = $3 WHERE bank = $1 AND goal >= 0"
		   " AND EXISTS (SELECT 1 FROM items WHERE state = 'retired')")
#define REJUDGE_IN_FORCE                                                                       \
	"EXISTS (SELECT 1 FROM bank_entries e WHERE e.bank = s.bank AND e.id = s.entry AND e.review_only = 0"           \
	" AND (e.enabled = 1 OR e.disabled_until <= $7) AND (e.expires_at IS NULL OR e.expires_at > $7))"
#define REJUDGE_MATCHES                                                                        \
	"SELECT s.platform, s.item, MAX(i.state) AS state, MAX(CASE WHEN i.received_at < $5 THEN 0"                     \
	" WHEN $2 = 'entries' THEN CASE WHEN s.effect = 'allow' AND NOT " REJUDGE_IN_FORCE " THEN 1 ELSE 0 END"         \
	" WHEN $2 = 'allow' THEN CASE WHEN s.effect = 'allow' THEN 1 ELSE 0 END"                                        \
	" WHEN $2 = 'share' THEN CASE WHEN s.effect = 'share' THEN 1 ELSE 0 END"                                        \
	" WHEN $2 = 'review' THEN CASE WHEN s.effect = 'review' AND " REJUDGE_IN_FORCE " THEN 1 ELSE 0 END"             \
	" WHEN $2 = 'rules' THEN CASE WHEN COALESCE(s.effect, 'full') IN ('full', 'review') THEN 1 ELSE 0 END"          \
	" ELSE 1 END) AS asks FROM signals s JOIN items i ON i.platform = s.platform AND i.id = s.item"                 \
	" WHERE s.bank = $1 AND (s.platform, s.item) > ($3, $4) GROUP BY s.platform, s.item"
S(REJUDGE_ITEMS, REJUDGE_MATCHES " ORDER BY s.platform, s.item LIMIT $6")
S(REJUDGE_COUNT, "SELECT COUNT(*) FROM (SELECT 1 FROM (" REJUDGE_MATCHES ") AS m WHERE asks = 1"
		 " AND state NOT IN ('pending', 'deleted') LIMIT $6) AS n")
#undef REJUDGE_MATCHES
#undef REJUDGE_IN_FORCE
#undef REJUDGE_ON
S(REJUDGE_NEXT, "SELECT p.bank, p.why, p.platform, p.item, p.received_from, p.since, p.done FROM again_passes p"
		" ORDER BY p.since LIMIT 1")
S(REJUDGE_OF_BANK, "SELECT p.bank, p.why, p.platform, p.item, p.received_from, p.since, p.done FROM again_passes p"
		   " WHERE p.bank = $1 ORDER BY p.since")
S(REJUDGE_AT, "UPDATE again_passes SET platform = $3, item = $4, done = done + $5 WHERE bank = $1 AND why = $2")
S(REJUDGE_DONE, "DELETE FROM again_passes WHERE bank = $1 AND why = $2")
S(REJUDGE_RULES, "SELECT stamp FROM again_rules WHERE bank = $1")
S(REJUDGE_RULES_SET, "INSERT INTO again_rules(bank, stamp) VALUES($1, $2) ON CONFLICT(bank) DO UPDATE SET stamp = excluded.stamp")
S(REJUDGE_RULES_DROP, "DELETE FROM again_rules WHERE bank = $1")
