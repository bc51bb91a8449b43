/* Banks and contents as clients of the HMA API see them (store/hma.h). */
#define HMA_SEEN \
	" b.direction = 'block' AND b.kind IN ('pdq', 'digest', 'video') AND COALESCE(h.gone, 0) = 0" \
	" AND NOT EXISTS (SELECT 1 FROM watches w WHERE w.bank = b.id)"
S(HMA_BANKS, "SELECT COALESCE(h.name, b.name) AS n, b.id, b.kind, b.enabled, b.share, COALESCE(h.made, 0), b.policy, b.name"
	     " FROM banks b LEFT JOIN hma_banks h ON h.bank = b.id WHERE" HMA_SEEN " ORDER BY n, LENGTH(b.name), b.id")
S(HMA_BANK, "SELECT COALESCE(h.name, b.name) AS n, b.id, b.kind, b.enabled, b.share, COALESCE(h.made, 0), b.policy, b.name"
	    " FROM banks b LEFT JOIN hma_banks h ON h.bank = b.id WHERE" HMA_SEEN
	    " AND COALESCE(h.name, b.name) = $1 ORDER BY LENGTH(b.name), b.id")
S(HMA_BANK_OF, "SELECT name, made, gone FROM hma_banks WHERE bank = $1")
S(HMA_BANK_PUT, "INSERT INTO hma_banks(bank, name, made, gone) VALUES($1, $2, $3, 0)"
		" ON CONFLICT(bank) DO UPDATE SET name = $2, gone = 0")
S(HMA_BANK_GONE, "UPDATE hma_banks SET gone = 1 WHERE bank = $1")
S(HMA_BANK_SOME, "SELECT id, key FROM bank_entries WHERE bank = $1 LIMIT $2")
S(HMA_BANKS_IN_USE, "SELECT COALESCE(h.name, b.name), b.id FROM banks b LEFT JOIN hma_banks h ON h.bank = b.id"
		    " WHERE b.kind = $1 AND b.enabled = 1 AND" HMA_SEEN " ORDER BY b.id")
#define HMA_HIT_COLUMNS \
	"SELECT COALESCE(h.name, b.name), COALESCE(m.content, e.key), b.share, b.enabled, e.review_only, e.provenance, e.key"
#define HMA_HIT_JOINS " LEFT JOIN hma_banks h ON h.bank = b.id LEFT JOIN hma_members m ON m.key = e.key"
#define HMA_HIT_IN_FORCE \
	" AND (e.enabled = 1 OR e.disabled_until <= $2) AND (e.expires_at IS NULL OR e.expires_at > $2) AND" HMA_SEEN
S(HMA_HIT, HMA_HIT_COLUMNS " FROM bank_entries e JOIN banks b ON b.id = e.bank" HMA_HIT_JOINS
	   " WHERE e.key = $1" HMA_HIT_IN_FORCE)
S(HMA_HITS_OF, HMA_HIT_COLUMNS " FROM banks b JOIN bank_entries e ON e.bank = b.id AND e.form = $1 AND e.value = $3" HMA_HIT_JOINS
	       " WHERE b.enabled = 1" HMA_HIT_IN_FORCE)
#undef HMA_HIT_COLUMNS
#undef HMA_HIT_JOINS
#undef HMA_HIT_IN_FORCE
S(HMA_CONTENT, "SELECT uri, metadata FROM hma_contents WHERE id = $1")
S(HMA_CONTENT_PUT, "INSERT INTO hma_contents(id, uri, metadata) VALUES($1, $2, $3)"
		   " ON CONFLICT(id) DO UPDATE SET uri = COALESCE($2, uri), metadata = COALESCE($3, metadata)")
S(HMA_CONTENT_DROP, "DELETE FROM hma_contents WHERE id = $1")
S(HMA_CONTENT_OF, "SELECT content FROM hma_members WHERE key = $1")
S(HMA_CONTENT_KEYS, "SELECT key FROM hma_members WHERE content = $1 UNION SELECT e.key FROM bank_entries e WHERE e.key = $1"
		    " AND NOT EXISTS (SELECT 1 FROM hma_members m WHERE m.key = e.key) ORDER BY 1")
S(HMA_MEMBER_PUT, "INSERT INTO hma_members(key, content) VALUES($1, $2) ON CONFLICT(key) DO UPDATE SET content = $2")
S(HMA_MEMBER_DROP, "DELETE FROM hma_members WHERE key = $1")
S(HMA_NOTE, "UPDATE bank_entries SET note = $3 WHERE bank = $1 AND id = $2")
S(HMA_TYPES, "SELECT name, share FROM hma_types")
S(HMA_TYPE_PUT, "INSERT INTO hma_types(name, share) VALUES($1, $2) ON CONFLICT(name) DO UPDATE SET share = $2")
/* Of the files of the index: what changed after them is searched in memory. */
S(HMA_SIZE, "SELECT CASE WHEN $1 IN ('pdq', 'vpdq') THEN (SELECT COALESCE(SUM(entries), 0) FROM banks WHERE kind = $2)"
	    " ELSE (SELECT COUNT(*) FROM bank_entries WHERE form = $1) END,"
	    " COALESCE((SELECT added_at FROM bank_entries WHERE form = $1 ORDER BY change DESC LIMIT 1), 0), i.upto IS NOT NULL,"
	    " (SELECT COUNT(*) FROM bank_entries WHERE form = $1 AND change > i.upto), COALESCE((SELECT added_at FROM bank_entries"
	    " WHERE form = $1 AND change <= i.upto ORDER BY change DESC LIMIT 1), 0)"
	    " FROM (SELECT (SELECT upto FROM bank_index WHERE form = $1 AND epoch > 0) AS upto) AS i")
#undef HMA_SEEN
